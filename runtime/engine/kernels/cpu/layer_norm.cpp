#include "runtime/engine/kernels/cpu/layer_norm.h"

#include <cmath>

#include "runtime/engine/kernels/cpu/lanes.h"

namespace orrery::cpu {
template <typename T>
ORRERY_CLONES void layer_norm(Rows rows, T eps, const T* input, const T* weight, const T* bias, T* output,
                              T* mean, T* rstd) {
  const std::int64_t columns = rows.columns;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const T* const x = input + row * columns;
    T* const y = output + row * columns;
    const T middle = sum_of<T>(
                         columns, [&](std::int64_t i) __attribute__((always_inline)) { return x[i]; }) /
                     T(columns);
    const auto square = [&](std::int64_t i) __attribute__((always_inline)) {
      return (x[i] - middle) * (x[i] - middle);
    };
    const T scale = T(1) / std::sqrt(sum_of<T>(columns, square) / T(columns) + eps);
    mean[row] = middle;
    rstd[row] = scale;
#pragma GCC ivdep
    for (std::int64_t i = 0; i < columns; ++i)
      y[i] = (x[i] - middle) * scale * (weight ? weight[i] : T(1)) + (bias ? bias[i] : T(0));
  }
}

// With n = (x - mean) * rstd and h = gradient * weight:
// input's gradient = rstd * (h - mean(h) - n * mean(h n)).
template <typename T>
ORRERY_CLONES void layer_norm_backward(Rows rows, const T* gradient, const T* input, const T* weight,
                                       const T* mean, const T* rstd, LayerNormGradients<T> results) {
  const std::int64_t columns = rows.columns;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const T* const g = gradient + row * columns;
    const T* const x = input + row * columns;
    const T middle = mean[row], scale = rstd[row];
    T *const of_weight = results.weight, *const of_bias = results.bias;
    if (of_weight)
#pragma GCC ivdep
      for (std::int64_t i = 0; i < columns; ++i) of_weight[i] += g[i] * (x[i] - middle) * scale;
    if (of_bias)
#pragma GCC ivdep
      for (std::int64_t i = 0; i < columns; ++i) of_bias[i] += g[i];
    if (!results.input) continue;
    const auto scaled = [&](std::int64_t i) __attribute__((always_inline)) {
      return weight ? g[i] * weight[i] : g[i];
    };
    const auto along = [&](std::int64_t i) __attribute__((always_inline)) {
      return scaled(i) * (x[i] - middle);
    };
    const T offset = sum_of<T>(columns, scaled) / T(columns);
    const T slope = sum_of<T>(columns, along) * scale * scale / T(columns);
    T* const result = results.input + row * columns;
#pragma GCC ivdep
    for (std::int64_t i = 0; i < columns; ++i)
      result[i] = scale * (scaled(i) - offset - (x[i] - middle) * slope);
  }
}

#define ORRERY_INSTANTIATE(T)                                                               \
  template void layer_norm(Rows, T, const T*, const T*, const T*, T*, T*, T*);              \
  template void layer_norm_backward(Rows, const T*, const T*, const T*, const T*, const T*, \
                                    LayerNormGradients<T>);
ORRERY_INSTANTIATE(float)
ORRERY_INSTANTIATE(double)
#undef ORRERY_INSTANTIATE

}  // namespace orrery::cpu
