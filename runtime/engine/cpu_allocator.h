#pragma once

#include <cstdint>

#include <c10/core/Allocator.h>

namespace orrery {

/// Memory of the CPU in which the place of a freed tensor suits the next one of its size: 64 bytes more than
/// asked for, taken by malloc, with the tensor at a multiple of 64 inside. LibTorch's own asks for aligned
/// memory instead, which the C library (2.36) cuts from a larger piece each time: the place that the last
/// step has freed is never large enough, and the heap of a long training grows by a gradient a step. Reports
/// to LibTorch's profiler as LibTorch's does, and fails with its words. One for the whole process;
/// thread-safe.
c10::Allocator& cpu_allocator();

/// What that allocator has handed out, in bytes as they were asked for.
struct CpuMemory {
  std::int64_t current = 0;
  std::int64_t peak = 0;  ///< since the process began
};
/// All 0 where LibTorch's tensors are allocated by another.
CpuMemory cpu_memory();

}  // namespace orrery
