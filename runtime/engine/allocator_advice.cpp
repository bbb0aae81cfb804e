#include <c10/core/CPUAllocator.h>
#include <malloc.h>

#include "runtime/engine/cpu_allocator.h"
#include "runtime/engine/engine.h"

namespace orrery {

// Gradient buffers of some hundred KB would otherwise be mapped and unmapped, or trimmed, at every step.
// Setting one threshold alone switches off the C library's own adaption and makes matters worse.
bool advise_allocator() {
  const bool mapped = mallopt(M_MMAP_THRESHOLD, kMmapThreshold) == 1;
  const bool trimmed = mallopt(M_TRIM_THRESHOLD, kTrimThreshold) == 1;
#ifndef __SANITIZE_ADDRESS__
  // AddressSanitizer sees to the byte what is written behind memory of LibTorch's own.
  c10::SetCPUAllocator(&cpu_allocator());
#endif
  return mapped && trimmed;
}

}  // namespace orrery
