#pragma once

#include <cstdint>

namespace orrery::cpu {

/// Maps [images, channels, size], contiguous (size 1: rows of a matrix), and the channels from `begin` to
/// before `end`, which are independent: threads may share them.
struct ChannelMaps {
  std::int64_t images, channels, size;
  std::int64_t begin, end;
};

}  // namespace orrery::cpu
