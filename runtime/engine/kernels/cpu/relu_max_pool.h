#pragma once

#include <cstdint>

namespace orrery::cpu {

/// Planes (one image of one channel each) [planes, height, width], contiguous, and their halves [planes,
/// height / 2, width / 2], rounded down: the last row or column of an odd size is in no window. Planes are
/// independent: threads may share them.
struct Planes {
  std::int64_t begin, end;  ///< the planes of this call; pointers point to plane 0
  std::int64_t height, width;
  bool relu;  ///< of the input before the maximum (the same as after it)
};

/// Which of a window's numbers was taken: 0 upper left, 1 upper right, 2 lower left, 3 lower right; 4 for
/// none, since relu lets no gradient through.
using Winner = std::uint8_t;

/// The largest of each window of 2 x 2 numbers, stride 2, in one pass without branches. As ATen's max_pool2d:
/// the first of equal numbers in the order of reading wins, NaN wins over all numbers and the last NaN over
/// the others, -0 and 0 are equal. Bit-equal to ATen, but for the sign of a zero. `winners` [planes, height /
/// 2, width / 2]. float and double.
template <typename T>
void relu_max_pool(Planes planes, const T* input, T* output, Winner* winners);

/// The gradient of the input, every number of which is written: that of the output where it was taken, else
/// 0.
template <typename T>
void relu_max_pool_backward(Planes planes, const T* gradient, const Winner* winners, T* input_gradient);

}  // namespace orrery::cpu
