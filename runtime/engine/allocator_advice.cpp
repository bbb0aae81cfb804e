#include <malloc.h>

#include "runtime/engine/engine.h"

namespace orrery {

// Gradient buffers of some hundred KB would otherwise be mapped and unmapped, or trimmed, at every step.
// Setting one threshold alone switches off the C library's own adaption and makes matters worse.
void advise_allocator() {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 2'000'000'000);
}

}  // namespace orrery
