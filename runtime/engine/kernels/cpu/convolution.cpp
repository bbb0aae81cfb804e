#include "runtime/engine/kernels/cpu/convolution.h"

#include <algorithm>

#include "runtime/engine/kernels/cpu/clones.h"

namespace orrery::cpu {
namespace {

/// Which weight of an axis takes a place of the input to one of the result; -1: none.
std::int64_t weight_between(const WindowAxis& axis, std::int64_t in, std::int64_t out) {
  const std::int64_t shift = in - out * axis.stride + axis.padding;
  const std::int64_t weight = shift / axis.dilation;
  return shift < 0 || shift % axis.dilation != 0 || weight >= axis.kernel ? -1 : weight;
}

}  // namespace

SpreadWeights::SpreadWeights(const Convolution& c)
    : columns(c.channels * c.in()),
      weights(c.channels * c.taps()),
      out(c.out()),
      of_matrix(static_cast<size_t>(out * columns), -1),
      of_weights(static_cast<size_t>(out * weights), -1) {
  std::int64_t used = 0;
  for (std::int64_t q = 0; q < out; ++q)
    for (std::int64_t p = 0; p < c.in(); ++p) {
      const std::int64_t row = weight_between(c.rows, p / c.columns.in, q / c.columns.out);
      const std::int64_t column = weight_between(c.columns, p % c.columns.in, q % c.columns.out);
      if (row < 0 || column < 0) continue;
      ++used;
      const std::int64_t tap = row * c.columns.kernel + column;
      for (std::int64_t channel = 0; channel < c.channels; ++channel) {
        const std::int64_t weight = channel * c.taps() + tap, place = channel * c.in() + p;
        of_matrix[static_cast<size_t>(q * columns + place)] = static_cast<std::int32_t>(weight);
        of_weights[static_cast<size_t>(q * weights + weight)] = static_cast<std::int32_t>(place);
      }
    }
  empty = 1 - static_cast<double>(used) / static_cast<double>(out * c.in());
  same = out == 1 && columns == weights && empty == 0;
}

template <typename T>
ORRERY_CLONES void spread_weights(const SpreadWeights& s, std::int64_t begin, std::int64_t end,
                                  const T* weights, T* matrix) {
  for (std::int64_t output = begin; output < end; ++output) {
    const T* const from = weights + output * s.weights;
    const std::int32_t* const places = s.of_matrix.data();
    T* const to = matrix + output * s.out * s.columns;
#pragma GCC ivdep
    for (std::int64_t i = 0; i < s.out * s.columns; ++i) to[i] = places[i] < 0 ? T(0) : from[places[i]];
  }
}

template <typename T>
ORRERY_CLONES void gather_weights(const SpreadWeights& s, std::int64_t begin, std::int64_t end,
                                  const T* matrix, T beta, T* weights) {
  for (std::int64_t output = begin; output < end; ++output) {
    T* const to = weights + output * s.weights;
    for (std::int64_t q = 0; q < s.out; ++q) {
      const T* const from = matrix + (output * s.out + q) * s.columns;
      const std::int32_t* const places = s.of_weights.data() + q * s.weights;
      if (q == 0 && beta == 0)
#pragma GCC ivdep
        for (std::int64_t i = 0; i < s.weights; ++i) to[i] = places[i] < 0 ? T(0) : from[places[i]];
      else
#pragma GCC ivdep
        for (std::int64_t i = 0; i < s.weights; ++i) to[i] += places[i] < 0 ? T(0) : from[places[i]];
    }
  }
}

template <typename T>
ORRERY_CLONES void maps_to_rows(const Convolution& c, std::int64_t begin, std::int64_t end, const T* maps,
                                T* rows) {
  const bool whole = c.rows.stride == 1 && c.columns.stride == 1;
  const std::int64_t height = whole ? 1 : c.rows.out, width = whole ? c.out() : c.columns.out;
  const std::int64_t down = c.rows.stride * c.columns.in, right = c.columns.stride;
  for (std::int64_t channel = begin; channel < end; ++channel)
    for (std::int64_t image = 0; image < c.images; ++image) {
      const T* const map = maps + (image * c.channels + channel) * c.in();
      T* const result = rows + (channel * c.images + image) * c.out();
      for (std::int64_t row = 0; row < height; ++row) {
        const T* const from = map + row * down;
        T* const to = result + row * width;
        if (right == 1)
#pragma GCC ivdep
          for (std::int64_t i = 0; i < width; ++i) to[i] = from[i];
        else
          for (std::int64_t i = 0; i < width; ++i) to[i] = from[i * right];
      }
    }
}

template <typename T>
ORRERY_CLONES void rows_to_maps(const Convolution& c, std::int64_t begin, std::int64_t end, const T* rows,
                                T beta, T* maps) {
  const bool whole = c.rows.stride == 1 && c.columns.stride == 1;
  const std::int64_t height = whole ? 1 : c.rows.out, width = whole ? c.out() : c.columns.out;
  const std::int64_t down = c.rows.stride * c.columns.in, right = c.columns.stride;
  for (std::int64_t image = 0; image < c.images; ++image)
    for (std::int64_t channel = begin; channel < end; ++channel) {
      T* const map = maps + (image * c.channels + channel) * c.in();
      const T* const given = rows + (channel * c.images + image) * c.out();
      if (!whole && beta == 0) std::fill_n(map, c.in(), T(0));
      for (std::int64_t row = 0; row < height; ++row) {
        const T* const from = given + row * width;
        T* const to = map + row * down;
        if (beta != 0)
          for (std::int64_t i = 0; i < width; ++i) to[i * right] += from[i];
        else
          for (std::int64_t i = 0; i < width; ++i) to[i * right] = from[i];
      }
    }
}

#define ORRERY_INSTANTIATE(T)                                                                      \
  template void spread_weights(const SpreadWeights&, std::int64_t, std::int64_t, const T*, T*);    \
  template void gather_weights(const SpreadWeights&, std::int64_t, std::int64_t, const T*, T, T*); \
  template void maps_to_rows(const Convolution&, std::int64_t, std::int64_t, const T*, T*);        \
  template void rows_to_maps(const Convolution&, std::int64_t, std::int64_t, const T*, T, T*);
ORRERY_INSTANTIATE(float)
ORRERY_INSTANTIATE(double)
#undef ORRERY_INSTANTIATE

}  // namespace orrery::cpu
