#include "runtime/engine/kernels/cpu/softmax.h"

#include <cmath>

#include "runtime/engine/kernels/cpu/lanes.h"
#include "runtime/engine/kernels/cpu/vector_math.h"

namespace orrery::cpu {
namespace {

/// result = exp(values - shift), and their sum.
template <typename T>
ORRERY_INLINE T exponentials(std::int64_t count, T shift, const T* values, T* result) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) result[i] = exp(values[i] - shift);
  return sum_of<T>(
      count, [&](std::int64_t i) __attribute__((always_inline)) { return result[i]; });
}

}  // namespace

template <typename T>
ORRERY_CLONES void softmax(Rows rows, const T* values, T* result) {
  for (std::int64_t at = rows.begin * rows.columns; at < rows.end * rows.columns; at += rows.columns) {
    const T* const row = values + at;
    T* const shares = result + at;
    const T factor = T(1) / exponentials(rows.columns, largest_of(rows.columns, row), row, shares);
#pragma GCC ivdep
    for (std::int64_t i = 0; i < rows.columns; ++i) shares[i] *= factor;
  }
}

template <typename T>
ORRERY_CLONES void softmax_backward(Rows rows, const T* gradient, const T* softmax, T* result) {
  for (std::int64_t at = rows.begin * rows.columns; at < rows.end * rows.columns; at += rows.columns) {
    const T *const g = gradient + at, *const y = softmax + at;
    T* const x = result + at;
    const T mean = sum_of<T>(
        rows.columns, [&](std::int64_t i) __attribute__((always_inline)) { return g[i] * y[i]; });
#pragma GCC ivdep
    for (std::int64_t i = 0; i < rows.columns; ++i) x[i] = y[i] * (g[i] - mean);
  }
}

template <typename T>
ORRERY_CLONES void log_softmax(Rows rows, const T* values, T* result) {
  for (std::int64_t at = rows.begin * rows.columns; at < rows.end * rows.columns; at += rows.columns) {
    const T* const row = values + at;
    T* const logarithms = result + at;
    const T most = largest_of(rows.columns, row);
    const auto term = [&](std::int64_t i) __attribute__((always_inline)) { return exp(row[i] - most); };
    const T shift = std::log(sum_of<T>(rows.columns, term));
#pragma GCC ivdep
    for (std::int64_t i = 0; i < rows.columns; ++i) logarithms[i] = (row[i] - most) - shift;
  }
}

template <typename T>
ORRERY_CLONES void log_softmax_backward(Rows rows, const T* gradient, const T* log_softmax, T* result) {
  for (std::int64_t at = rows.begin * rows.columns; at < rows.end * rows.columns; at += rows.columns) {
    const T *const g = gradient + at, *const y = log_softmax + at;
    T* const x = result + at;
    const T sum = sum_of<T>(
        rows.columns, [&](std::int64_t i) __attribute__((always_inline)) { return g[i]; });
#pragma GCC ivdep
    for (std::int64_t i = 0; i < rows.columns; ++i) x[i] = g[i] - exp(y[i]) * sum;
  }
}

#define ORRERY_INSTANTIATE(T)                                   \
  template void softmax(Rows, const T*, T*);                    \
  template void softmax_backward(Rows, const T*, const T*, T*); \
  template void log_softmax(Rows, const T*, T*);                \
  template void log_softmax_backward(Rows, const T*, const T*, T*);
ORRERY_INSTANTIATE(float)
ORRERY_INSTANTIATE(double)
#undef ORRERY_INSTANTIATE

}  // namespace orrery::cpu
