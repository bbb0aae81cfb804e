#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

namespace orrery {

/// Turns the bytes of each word of `width` bytes around; bytes behind the last whole word stay.
inline void swap_byte_order(std::span<std::byte> values, std::size_t width) {
  if (width < 2) return;
  for (; values.size() >= width; values = values.subspan(width))
    std::reverse(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(width));
}

}  // namespace orrery
