#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace orrery {

/// A buffer that is needed from one moment to another, both included. Moments have parts, from 0.
struct BufferLife {
  static constexpr int kWhole = 1 << 30;  ///< behind all parts of a moment

  std::int64_t bytes = 0;
  int first = 0, last = 0;
  int first_part = 0, last_part = kWhole;  ///< of those two
};

/// Where each buffer lies in one piece of memory.
struct ArenaLayout {
  std::vector<std::int64_t> offsets;
  std::int64_t bytes = 0;
};

/// One piece of LibTorch's memory for plans of which one runs at a time; as large as the largest that has
/// run. Not thread-safe.
class Arena {
 public:
  /// At least so many bytes, aligned as `lay_out` does; what was there before is lost when it grows. Throws
  /// what LibTorch throws when memory is missing, and holds nothing then.
  char* reserve(std::int64_t bytes);

 private:
  at::Tensor memory_;
};

/// Pass: buffers whose lives do not meet share memory. Each at the lowest place that is free during its
/// life, in the best of three orders; offsets are multiples of 64 bytes. Deterministic.
ArenaLayout lay_out(const std::vector<BufferLife>& buffers);

}  // namespace orrery
