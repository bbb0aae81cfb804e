#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace orrery::cpu {

/// One axis of an average pool: each place of the result sees the places from `begin` to before `end` of the
/// input.
struct AveragedAxis {
  std::int64_t in;
  std::vector<std::int64_t> begin, end;
  std::vector<std::int64_t> counted;  ///< places that count in the average, padding among them where it does

  std::int64_t out() const { return static_cast<std::int64_t>(begin.size()); }
};

/// Windows of AvgPool; the last may begin in the input and reach over its end where `out` says so.
AveragedAxis sliding_average(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                             std::int64_t padding, bool padding_counts);
/// Windows of AdaptiveAvgPool.
AveragedAxis adaptive_average(std::int64_t in, std::int64_t out);

/// Averages of planes [planes, rows.in, columns.in], contiguous. Planes are independent: threads may share
/// them.
struct AveragePool {
  AveragedAxis rows, columns;
  std::int64_t divisor = 0;  ///< 0: the places counted

  std::int64_t divisor_of(std::int64_t row, std::int64_t column) const {
    return divisor ? divisor
                   : rows.counted[static_cast<size_t>(row)] * columns.counted[static_cast<size_t>(column)];
  }
};

/// For the planes from `begin` to before `end`; as ATen's avg_pool2d and adaptive_avg_pool2d up to rounding.
/// float and double.
template <typename T>
void average_pool(const AveragePool& pool, std::int64_t begin, std::int64_t end, const T* input, T* output);
/// The gradient of the input, added to what is there if `adds`, else every number of it is written.
template <typename T>
void average_pool_backward(const AveragePool& pool, std::int64_t begin, std::int64_t end, const T* gradient,
                           bool adds, T* input_gradient);

}  // namespace orrery::cpu
