#pragma once

#include <cstdint>

namespace orrery::cpu {

/// One axis of a pool: place `out` of the result sees the places out * stride - padding + tap * dilation of
/// the input that there are.
struct PooledAxis {
  std::int64_t in, out, kernel, stride, padding, dilation;

  /// Places from the first that the first window sees to the last one's last.
  std::int64_t span() const { return (out - 1) * stride + (kernel - 1) * dilation + 1; }
};

/// A max-pool of planes [planes, rows.in, columns.in], contiguous. Planes are independent: threads may share
/// them.
struct MaxPool {
  std::int64_t begin, end;  ///< the planes of this call; pointers point to plane 0
  PooledAxis rows, columns;
  bool relu;  ///< of the input before the maximum (the same as after it)

  std::int64_t taps() const { return rows.kernel * columns.kernel; }
};

/// Which of a window's numbers was taken, row by row; two numbers are none of them.
using Tap = std::uint8_t;
constexpr std::int64_t kMostTaps = 254;
constexpr Tap kFirstTap = 254;  ///< the first that is no padding: all are -infinity
constexpr Tap kNoTap = 255;     ///< relu lets no gradient through

/// Whether the windows of one row of the result fit into the buffer that they are computed in.
bool fits_max_pool(const MaxPool& pool);

/// As ATen's max_pool2d: the first of equal numbers in the order of reading wins, NaN wins over all numbers
/// and the last NaN over the others. Bit-equal to it, but for the sign of a zero under relu. `taken` [planes,
/// rows.out, columns.out]. float and double. REQUIRES: fits_max_pool.
template <typename T>
void max_pool(const MaxPool& pool, const T* input, T* output, Tap* taken);

/// The gradient of the input, added to what is there if `adds`, else every number of it is written.
template <typename T>
void max_pool_backward(const MaxPool& pool, const T* gradient, const Tap* taken, bool adds,
                       T* input_gradient);

}  // namespace orrery::cpu
