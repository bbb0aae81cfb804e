#include "runtime/engine/kernels/cpu/pointwise.h"

#include <algorithm>

#include "runtime/engine/kernels/cpu/vector_math.h"

namespace orrery::cpu {
namespace {

constexpr double sqrt_half =
    0.70710678118654752440;  // also d erf(x / sqrt 2): pdf = exp(-x^2/2) / sqrt(2 pi)
constexpr double inverse_sqrt_two_pi = 0.39894228040143267794;
constexpr double tanh_scale = 0.79788456080286535588, tanh_cube = 0.044715;  // gelu's approximation

// Each activation: `of` a number, and its derivative times a gradient from what is kept; where that is the
// input, also both `with_slope`. NaN is never compared away.
template <typename T>
struct Sloped {
  T value, slope;
};
/// What is kept is the derivative.
struct Slope {
  template <typename T>
  static ORRERY_INLINE T backward(T gradient, T slope) {
    return gradient * slope;
  }
};
struct None {
  template <typename T>
  static ORRERY_INLINE T of(T x) {
    return x;
  }
  template <typename T>
  static ORRERY_INLINE T backward(T gradient, T) {
    return gradient;
  }
};
struct Relu {
  template <typename T>
  static ORRERY_INLINE T of(T x) {
    return x < T(0) ? T(0) : x;
  }
  template <typename T>
  static ORRERY_INLINE T backward(T gradient, T y) {
    return y <= T(0) ? T(0) : gradient;
  }
};
struct Tanh {
  template <typename T>
  static ORRERY_INLINE T of(T x) {
    return tanh(x);
  }
  template <typename T>
  static ORRERY_INLINE T backward(T gradient, T y) {
    return gradient * (T(1) - y * y);
  }
};
struct Sigmoid {
  template <typename T>
  static ORRERY_INLINE T of(T x) {
    return sigmoid(x);
  }
  template <typename T>
  static ORRERY_INLINE T backward(T gradient, T y) {
    return gradient * (T(1) - y) * y;
  }
};
struct Gelu {
  template <typename T>
  static ORRERY_INLINE T of(T x) {
    return x * T(0.5) * (T(1) + erf(x * T(sqrt_half)));
  }
  template <typename T>
  static ORRERY_INLINE T backward(T gradient, T x) {
    return gradient * with_slope(x).slope;
  }
  template <typename T>
  static ORRERY_INLINE Sloped<T> with_slope(T x) {
    const T cdf = T(0.5) * (T(1) + erf(x * T(sqrt_half)));
    const T pdf = exp(T(-0.5) * x * x) * T(inverse_sqrt_two_pi);
    return {x * cdf, cdf + x * pdf};
  }
};
struct GeluTanh {
  template <typename T>
  static ORRERY_INLINE T inner(T x) {
    return tanh(T(tanh_scale) * (x + T(tanh_cube) * x * x * x));
  }
  template <typename T>
  static ORRERY_INLINE T of(T x) {
    return T(0.5) * x * (T(1) + inner(x));
  }
  template <typename T>
  static ORRERY_INLINE T backward(T gradient, T x) {
    return gradient * with_slope(x).slope;
  }
  template <typename T>
  static ORRERY_INLINE Sloped<T> with_slope(T x) {
    const T y = inner(x);
    const T slope = T(tanh_scale) * (T(1) + T(3 * tanh_cube) * x * x);
    return {T(0.5) * x * (T(1) + y), T(0.5) * (T(1) + y) + T(0.5) * x * (T(1) - y * y) * slope};
  }
};
struct Silu {
  template <typename T>
  static ORRERY_INLINE T of(T x) {
    return x * sigmoid(x);
  }
  template <typename T>
  static ORRERY_INLINE T backward(T gradient, T x) {
    const T s = sigmoid(x);
    return gradient * s * (T(1) + x * (T(1) - s));
  }
  template <typename T>
  static ORRERY_INLINE Sloped<T> with_slope(T x) {
    const T s = sigmoid(x);
    return {x * s, s * (T(1) + x * (T(1) - s))};
  }
};

/// Calls what is given with the activation of this name, so that each gets a loop of its own.
template <typename Call>
ORRERY_INLINE void with(Activation activation, const Call& call) {
  switch (activation) {
    case Activation::none: return call(None());
    case Activation::relu: return call(Relu());
    case Activation::tanh: return call(Tanh());
    case Activation::sigmoid: return call(Sigmoid());
    case Activation::gelu: return call(Gelu());
    case Activation::gelu_tanh: return call(GeluTanh());
    case Activation::silu: return call(Silu());
  }
}

/// The same for those that are derived from their input.
template <typename Call>
ORRERY_INLINE void with_sloped(Activation activation, const Call& call) {
  if (activation == Activation::gelu) return call(Gelu());
  if (activation == Activation::gelu_tanh) return call(GeluTanh());
  if (activation == Activation::silu) return call(Silu());
}

// ivdep in what follows: where pointers are equal, each number is read before it is written at the same
// place.

template <typename T, typename F>
ORRERY_INLINE void add_bias_as(F, Rows rows, const T* bias, T* values, T* activated) {
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    T* const sums = values + row * rows.columns;
    T* const results = activated + row * rows.columns;
#pragma GCC ivdep
    for (std::int64_t i = 0; i < rows.columns; ++i) {
      const T sum = sums[i] + bias[i];
      sums[i] = sum;
      results[i] = F::of(sum);
    }
  }
}

template <typename T, typename F>
ORRERY_INLINE void activate_as(F, std::int64_t count, const T* values, T* activated) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) activated[i] = F::of(values[i]);
}

template <typename T, typename F>
ORRERY_INLINE void add_bias_sloped(F, Rows rows, const T* bias, T* values, T* activated) {
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    T* const sums = values + row * rows.columns;
    T* const results = activated + row * rows.columns;
#pragma GCC ivdep
    for (std::int64_t i = 0; i < rows.columns; ++i) {
      const Sloped<T> both = F::with_slope(bias ? sums[i] + bias[i] : sums[i]);
      sums[i] = both.slope;
      results[i] = both.value;
    }
  }
}

template <typename T, typename F>
ORRERY_INLINE void backward_as(F, std::int64_t count, const T* gradient, const T* kept, T* result) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) result[i] = F::backward(gradient[i], kept[i]);
}

/// Columns are summed over a block of rows at a time, which fits the nearest cache, then added to those
/// before.
constexpr std::int64_t tile = 256, block = 16;

template <typename T>
ORRERY_INLINE void add_rows(std::int64_t rows, std::int64_t stride, std::int64_t width, const T* values,
                            T* __restrict sums) {
  std::int64_t row = 0;
  for (; row + 4 <= rows; row += 4) {
    const T* const first = values + row * stride;
    const T *const second = first + stride, *const third = second + stride, *const fourth = third + stride;
    for (std::int64_t i = 0; i < width; ++i) sums[i] += (first[i] + second[i]) + (third[i] + fourth[i]);
  }
  for (; row < rows; ++row)
    for (std::int64_t i = 0; i < width; ++i) sums[i] += values[row * stride + i];
}

/// Calls `block_at(offset, rows, width)`, which returns where a block's values lie, before it sums them.
template <typename T, typename Block>
ORRERY_INLINE void sum_blocks(Columns columns, T beta, T* sums, const Block& block_at) {
  T part[tile], total[tile];
  for (std::int64_t begin = columns.begin; begin < columns.end; begin += tile) {
    const std::int64_t width = std::min(tile, columns.end - begin);
    for (std::int64_t i = 0; i < width; ++i) total[i] = T(0);
    for (std::int64_t row = 0; row < columns.rows; row += block) {
      const std::int64_t rows = std::min(block, columns.rows - row);
      for (std::int64_t i = 0; i < width; ++i) part[i] = T(0);
      add_rows(rows, columns.columns, width, block_at(row * columns.columns + begin, rows, width), part);
      for (std::int64_t i = 0; i < width; ++i) total[i] += part[i];
    }
    T* const out = sums + begin;
    for (std::int64_t i = 0; i < width; ++i) out[i] = beta == T(0) ? total[i] : beta * out[i] + total[i];
  }
}

template <typename T, typename F>
ORRERY_INLINE void backward_sums_as(F f, Columns columns, const T* gradient, const T* kept, T* result, T beta,
                                    T* sums) {
  sum_blocks(
      columns, beta,
      sums, [&](std::int64_t at, std::int64_t rows, std::int64_t width) __attribute__((always_inline)) {
        for (std::int64_t row = 0, from = at; row < rows; ++row, from += columns.columns)
          backward_as(f, width, gradient + from, kept + from, result + from);
        return static_cast<const T*>(result + at);
      });
}

}  // namespace

// The attribute of the lambdas: they are compiled for the processor that their caller is compiled for.

template <typename T>
ORRERY_CLONES void add_bias(Activation activation, Rows rows, const T* bias, T* values, T* activated) {
  const std::int64_t at = rows.begin * rows.columns, count = (rows.end - rows.begin) * rows.columns;
  with(
      activation, [&](auto f) __attribute__((always_inline)) {
        if (bias)
          add_bias_as(f, rows, bias, values, activated);
        else
          activate_as(f, count, values + at, activated + at);
      });
}

template <typename T>
ORRERY_CLONES void add_bias_keeping_slope(Activation activation, Rows rows, const T* bias, T* values,
                                          T* activated) {
  with_sloped(
      activation, [&](auto f)
                      __attribute__((always_inline)) { add_bias_sloped(f, rows, bias, values, activated); });
}

template <typename T>
ORRERY_CLONES void activation_backward(Activation activation, std::int64_t count, const T* gradient,
                                       const T* kept, T* result) {
  with(
      activation, [&](auto f)
                      __attribute__((always_inline)) { backward_as(f, count, gradient, kept, result); });
}

template <typename T>
ORRERY_CLONES void sum_columns(Columns columns, const T* gradient, T beta, T* sums) {
  sum_blocks(
      columns, beta, sums, [&](std::int64_t at, std::int64_t, std::int64_t) __attribute__((always_inline)) {
        return gradient + at;
      });
}

template <typename T>
ORRERY_CLONES void activation_backward_sums(Activation activation, Columns columns, const T* gradient,
                                            const T* kept, T* result, T beta, T* sums) {
  with(
      activation, [&](auto f) __attribute__((always_inline)) {
        backward_sums_as(f, columns, gradient, kept, result, beta, sums);
      });
}

template <typename T>
ORRERY_CLONES void add_relu(std::int64_t count, const T* left, const T* right, T* result) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) {
    const T sum = left[i] + right[i];
    result[i] = sum < T(0) ? T(0) : sum;
  }
}

template <typename T>
ORRERY_CLONES void multiply(std::int64_t count, const T* gradient, const T* slope, T* result) {
  backward_as(Slope(), count, gradient, slope, result);
}

template <typename T>
ORRERY_CLONES void multiply_sums(Columns columns, const T* gradient, const T* slope, T* result, T beta,
                                 T* sums) {
  backward_sums_as(Slope(), columns, gradient, slope, result, beta, sums);
}

template <typename T>
ORRERY_CLONES void add_scaled(std::int64_t count, T factor, const T* gradient, T* weights) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) weights[i] += factor * gradient[i];
}

template <bool decays, typename T>
ORRERY_INLINE void sgd_step_of(const SgdOptions& options, std::int64_t count, const T* gradient, T* momentum,
                               T* weights) {
  const T sign = options.maximize ? T(-1) : T(1), decay = T(options.weight_decay), rate = T(options.lr);
  const T kept = T(options.momentum), added = T(1 - options.dampening);
  const bool first = options.first_step, nesterov = options.nesterov;
  const auto slope_at = [=](std::int64_t i) __attribute__((always_inline)) {
    const T slope = sign * gradient[i];
    return decays ? slope + decay * weights[i] : slope;
  };
  if (options.momentum == 0) {
#pragma GCC ivdep
    for (std::int64_t i = 0; i < count; ++i) weights[i] -= rate * slope_at(i);
    return;
  }
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) {
    const T slope = slope_at(i);
    const T speed = first ? slope : added * slope + kept * momentum[i];
    momentum[i] = speed;
    weights[i] -= rate * (nesterov ? slope + kept * speed : speed);
  }
}

// Without decay the weights are not read: 0 times infinity is no 0.
template <typename T>
ORRERY_CLONES void sgd_step(const SgdOptions& options, std::int64_t count, const T* gradient, T* momentum,
                            T* weights) {
  options.weight_decay == 0 ? sgd_step_of<false>(options, count, gradient, momentum, weights)
                            : sgd_step_of<true>(options, count, gradient, momentum, weights);
}

#define ORRERY_INSTANTIATE(T)                                                                 \
  template void add_bias(Activation, Rows, const T*, T*, T*);                                 \
  template void add_bias_keeping_slope(Activation, Rows, const T*, T*, T*);                   \
  template void multiply(std::int64_t, const T*, const T*, T*);                               \
  template void multiply_sums(Columns, const T*, const T*, T*, T, T*);                        \
  template void activation_backward(Activation, std::int64_t, const T*, const T*, T*);        \
  template void sum_columns(Columns, const T*, T, T*);                                        \
  template void activation_backward_sums(Activation, Columns, const T*, const T*, T*, T, T*); \
  template void add_relu(std::int64_t, const T*, const T*, T*);                               \
  template void add_scaled(std::int64_t, T, const T*, T*);                                    \
  template void sgd_step(const SgdOptions&, std::int64_t, const T*, T*, T*);
ORRERY_INSTANTIATE(float)
ORRERY_INSTANTIATE(double)
#undef ORRERY_INSTANTIATE

}  // namespace orrery::cpu
