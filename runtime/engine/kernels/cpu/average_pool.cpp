#include "runtime/engine/kernels/cpu/average_pool.h"

#include <algorithm>
#include <utility>

#include "runtime/engine/kernels/cpu/lanes.h"

namespace orrery::cpu {
namespace {

// From here on vectors pay.
constexpr std::int64_t kWideRow = 16;

template <typename T>
ORRERY_INLINE T sum_of_row(std::int64_t count, const T* row) {
  if (count >= kWideRow)
    return sum_of<T>(
        count, [&](std::int64_t i) __attribute__((always_inline)) { return row[i]; });
  T sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += row[i];
  return sum;
}

/// Calls window(number of the result, first number of the input, rows, columns, divisor) for each of a plane.
template <typename Window>
ORRERY_INLINE void each_window(const AveragePool& pool, const Window& window) {
  const AveragedAxis &rows = pool.rows, &columns = pool.columns;
  for (size_t r = 0; r < rows.begin.size(); ++r)
    for (size_t c = 0; c < columns.begin.size(); ++c) {
      const auto row = static_cast<std::int64_t>(r), column = static_cast<std::int64_t>(c);
      std::int64_t height = rows.end[r] - rows.begin[r], width = columns.end[c] - columns.begin[c];
      // Whole rows are one.
      if (width == columns.in) width *= std::exchange(height, 1);
      window(row * columns.out() + column, rows.begin[r] * columns.in + columns.begin[c], height, width,
             pool.divisor_of(row, column));
    }
}

}  // namespace

AveragedAxis sliding_average(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                             std::int64_t padding, bool padding_counts) {
  AveragedAxis axis{in, {}, {}, {}};
  for (std::int64_t i = 0; i < out; ++i) {
    const std::int64_t first = i * stride - padding, last = std::min(first + kernel, in + padding);
    axis.begin.push_back(std::max<std::int64_t>(first, 0));
    axis.end.push_back(std::min(last, in));
    axis.counted.push_back(padding_counts ? last - first : axis.end.back() - axis.begin.back());
  }
  return axis;
}

AveragedAxis adaptive_average(std::int64_t in, std::int64_t out) {
  AveragedAxis axis{in, {}, {}, {}};
  for (std::int64_t i = 0; i < out; ++i) {
    axis.begin.push_back(i * in / out);
    axis.end.push_back(((i + 1) * in + out - 1) / out);
    axis.counted.push_back(axis.end.back() - axis.begin.back());
  }
  return axis;
}

template <typename T>
ORRERY_CLONES void average_pool(const AveragePool& pool, std::int64_t begin, std::int64_t end, const T* input,
                                T* output) {
  const std::int64_t in = pool.rows.in * pool.columns.in, out = pool.rows.out() * pool.columns.out();
  for (std::int64_t plane = begin; plane < end; ++plane)
    each_window(
        pool, [&](std::int64_t to, std::int64_t from, std::int64_t height, std::int64_t width,
                  std::int64_t divisor) __attribute__((always_inline)) {
          T sum = 0;
          for (std::int64_t row = 0; row < height; ++row)
            sum += sum_of_row(width, input + plane * in + from + row * pool.columns.in);
          output[plane * out + to] = sum / static_cast<T>(divisor);
        });
}

template <typename T>
ORRERY_CLONES void average_pool_backward(const AveragePool& pool, std::int64_t begin, std::int64_t end,
                                         const T* gradient, bool adds, T* input_gradient) {
  const std::int64_t in = pool.rows.in * pool.columns.in, out = pool.rows.out() * pool.columns.out();
  for (std::int64_t plane = begin; plane < end; ++plane) {
    T* const of_plane = input_gradient + plane * in;
    if (!adds) std::fill_n(of_plane, in, T(0));
    each_window(
        pool, [&](std::int64_t to, std::int64_t from, std::int64_t height, std::int64_t width,
                  std::int64_t divisor) __attribute__((always_inline)) {
          const T share = gradient[plane * out + to] / static_cast<T>(divisor);
          for (std::int64_t row = 0; row < height; ++row) {
            T* const line = of_plane + from + row * pool.columns.in;
            for (std::int64_t i = 0; i < width; ++i) line[i] += share;
          }
        });
  }
}

#define ORRERY_INSTANTIATE(T)                                                               \
  template void average_pool(const AveragePool&, std::int64_t, std::int64_t, const T*, T*); \
  template void average_pool_backward(const AveragePool&, std::int64_t, std::int64_t, const T*, bool, T*);
ORRERY_INSTANTIATE(float)
ORRERY_INSTANTIATE(double)
#undef ORRERY_INSTANTIATE

}  // namespace orrery::cpu
