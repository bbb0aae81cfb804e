#include "runtime/engine/kernels/cpu/recurrent_cells.h"

#include "runtime/engine/kernels/cpu/clones.h"
#include "runtime/engine/kernels/cpu/vector_math.h"

namespace orrery::cpu {
namespace {

// Column k of a row depends on no other column. The compiler cannot see that, and would give up over the
// number of pointers to compare: hence `ivdep`.

template <typename T>
ORRERY_INLINE void all_rows(const RnnStep<T>& step) {
  for (std::int64_t row = 0; row < step.size.rows; ++row) {
    const T *sum = step.sums[row], *bias = step.bias.first;
    T* h = step.h[row];
    if (step.relu) {
#pragma GCC ivdep
      for (std::int64_t k = 0; k < step.size.width; ++k) {
        const T total = sum[k] + bias[k];
        h[k] = total < T(0) ? T(0) : total;
      }
    } else {
#pragma GCC ivdep
      for (std::int64_t k = 0; k < step.size.width; ++k) h[k] = tanh(sum[k] + bias[k]);
    }
  }
}

template <typename T>
ORRERY_INLINE void all_rows(const RnnStepBackward<T>& step) {
  for (std::int64_t row = 0; row < step.size.rows; ++row) {
    const T *h = step.h[row], *output = step.of_output[row], *next = step.of_next[row];
    T* of_sum = step.of_sums[row];
    if (step.relu) {
#pragma GCC ivdep
      for (std::int64_t k = 0; k < step.size.width; ++k)
        of_sum[k] = h[k] <= T(0) ? T(0) : output[k] + next[k];
    } else {
#pragma GCC ivdep
      for (std::int64_t k = 0; k < step.size.width; ++k)
        of_sum[k] = (output[k] + next[k]) * (T(1) - h[k] * h[k]);
    }
  }
}

template <typename T>
ORRERY_INLINE void all_rows(const LstmStep<T>& step) {
  const std::int64_t width = step.size.width;
  for (std::int64_t row = 0; row < step.size.rows; ++row) {
    T *i = step.gates[row], *f = i + width, *g = f + width, *o = g + width;
    const T* before = step.c_before[row];
    const T *bias_i = step.bias.first, *bias_f = bias_i + width, *bias_g = bias_f + width,
            *bias_o = bias_g + width;
    T *c = step.c[row], *h = step.h[row];

#pragma GCC ivdep
    for (std::int64_t k = 0; k < width; ++k) {
      i[k] = sigmoid(i[k] + bias_i[k]);
      f[k] = sigmoid(f[k] + bias_f[k]);
      g[k] = tanh(g[k] + bias_g[k]);
      o[k] = sigmoid(o[k] + bias_o[k]);
      c[k] = f[k] * before[k] + i[k] * g[k];
      h[k] = o[k] * tanh(c[k]);
    }
  }
}

template <typename T>
ORRERY_INLINE void all_rows(const LstmStepBackward<T>& step) {
  const std::int64_t width = step.size.width;
  for (std::int64_t row = 0; row < step.size.rows; ++row) {
    const T *i = step.gates[row], *f = i + width, *g = f + width, *o = g + width;
    const T *before = step.c_before[row], *c = step.c[row];
    const T *output = step.of_output[row], *next = step.of_next[row];
    T *carried = step.of_c[row], *of_i = step.of_sums[row];
    T *of_f = of_i + width, *of_g = of_f + width, *of_o = of_g + width;

#pragma GCC ivdep
    for (std::int64_t k = 0; k < width; ++k) {
      const T of_h = output[k] + next[k], shown = tanh(c[k]);
      const T of_c = carried[k] + of_h * o[k] * (T(1) - shown * shown);
      of_i[k] = of_c * g[k] * i[k] * (T(1) - i[k]);
      of_f[k] = of_c * before[k] * f[k] * (T(1) - f[k]);
      of_g[k] = of_c * i[k] * (T(1) - g[k] * g[k]);
      of_o[k] = of_h * shown * o[k] * (T(1) - o[k]);
      carried[k] = of_c * f[k];
    }
  }
}

template <typename T>
ORRERY_INLINE void all_rows(const GruStep<T>& step) {
  const std::int64_t width = step.size.width;
  const T *bias_r = step.bias.first, *bias_z = bias_r + width, *bias_n = bias_z + width;
  const T* hidden_bias = step.hidden_bias.first;
  for (std::int64_t row = 0; row < step.size.rows; ++row) {
    T *r = step.gates[row], *z = r + width, *n = z + width;
    const T *sum_r = step.hidden[row], *sum_z = sum_r + width, *sum_n = sum_z + width;
    const T* before = step.before[row];
    T *third = step.third[row], *h = step.h[row];

#pragma GCC ivdep
    for (std::int64_t k = 0; k < width; ++k) {
      r[k] = sigmoid(r[k] + sum_r[k] + bias_r[k]);
      z[k] = sigmoid(z[k] + sum_z[k] + bias_z[k]);
      third[k] = sum_n[k] + hidden_bias[k];
      n[k] = tanh(n[k] + bias_n[k] + r[k] * third[k]);
      h[k] = n[k] + z[k] * (before[k] - n[k]);
    }
  }
}

template <typename T>
ORRERY_INLINE void all_rows(const GruStepBackward<T>& step) {
  const std::int64_t width = step.size.width;
  for (std::int64_t row = 0; row < step.size.rows; ++row) {
    const T *r = step.gates[row], *z = r + width, *n = z + width;
    const T *third = step.third[row], *before = step.before[row], *output = step.of_output[row];
    T *next = step.of_next[row], *of_r = step.of_input_sums[row], *of_z = of_r + width, *of_n = of_z + width;
    T *hidden_r = step.of_hidden_sums[row], *hidden_z = hidden_r + width, *hidden_n = hidden_z + width;

#pragma GCC ivdep
    for (std::int64_t k = 0; k < width; ++k) {
      const T of_h = output[k] + next[k];
      of_n[k] = of_h * (T(1) - z[k]) * (T(1) - n[k] * n[k]);
      hidden_n[k] = of_n[k] * r[k];
      of_r[k] = hidden_r[k] = of_n[k] * third[k] * r[k] * (T(1) - r[k]);
      of_z[k] = hidden_z[k] = of_h * (before[k] - n[k]) * z[k] * (T(1) - z[k]);
      next[k] = of_h * z[k];
    }
  }
}

}  // namespace

// The loader's choice between copies is made for plain functions only, not for templates.
ORRERY_CLONES void compute(const RnnStep<float>& step) { all_rows(step); }
ORRERY_CLONES void compute(const RnnStep<double>& step) { all_rows(step); }
ORRERY_CLONES void compute(const RnnStepBackward<float>& step) { all_rows(step); }
ORRERY_CLONES void compute(const RnnStepBackward<double>& step) { all_rows(step); }
ORRERY_CLONES void compute(const LstmStep<float>& step) { all_rows(step); }
ORRERY_CLONES void compute(const LstmStep<double>& step) { all_rows(step); }
ORRERY_CLONES void compute(const LstmStepBackward<float>& step) { all_rows(step); }
ORRERY_CLONES void compute(const LstmStepBackward<double>& step) { all_rows(step); }
ORRERY_CLONES void compute(const GruStep<float>& step) { all_rows(step); }
ORRERY_CLONES void compute(const GruStep<double>& step) { all_rows(step); }
ORRERY_CLONES void compute(const GruStepBackward<float>& step) { all_rows(step); }
ORRERY_CLONES void compute(const GruStepBackward<double>& step) { all_rows(step); }

}  // namespace orrery::cpu
