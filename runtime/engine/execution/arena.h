#pragma once

#include <cstdint>
#include <vector>

namespace orrery {

/// A buffer that is needed from one moment to another, both included.
struct BufferLife {
  std::int64_t bytes = 0;
  int first = 0, last = 0;
};

/// Where each buffer lies in one piece of memory.
struct ArenaLayout {
  std::vector<std::int64_t> offsets;
  std::int64_t bytes = 0;
};

/// Pass: buffers whose lives do not meet share memory. Largest first, each at the lowest place that is free
/// during its life; offsets are multiples of 64 bytes. Deterministic.
ArenaLayout lay_out(const std::vector<BufferLife>& buffers);

}  // namespace orrery
