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

inline unsigned byte_at(std::span<const std::byte> data, std::size_t i) {
  return static_cast<unsigned>(data[i]);
}

/// Four bytes from `i` on, the highest first.
inline std::int64_t big_endian_32(std::span<const std::byte> data, std::size_t i) {
  return std::int64_t{byte_at(data, i)} << 24 | byte_at(data, i + 1) << 16 | byte_at(data, i + 2) << 8 |
         byte_at(data, i + 3);
}

}  // namespace orrery
