#include <malloc.h>

#include "runtime/engine/engine.h"

namespace orrery {

// Gradient buffers of some hundred KB would otherwise be mapped and unmapped, or trimmed, at every step.
// Setting one threshold alone switches off the C library's own adaption and makes matters worse.
bool advise_allocator() {
  const bool mapped = mallopt(M_MMAP_THRESHOLD, kMmapThreshold) == 1;
  const bool trimmed = mallopt(M_TRIM_THRESHOLD, kTrimThreshold) == 1;
  return mapped && trimmed;
}

}  // namespace orrery
