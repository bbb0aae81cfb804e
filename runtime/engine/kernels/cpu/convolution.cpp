#include "runtime/engine/kernels/cpu/convolution.h"

#include <algorithm>

#include "runtime/engine/kernels/cpu/lanes.h"

namespace orrery::cpu {
namespace {

/// Which weight of an axis takes a place of the input to one of the result; -1: none.
std::int64_t weight_between(const WindowAxis& axis, std::int64_t in, std::int64_t out) {
  const std::int64_t shift = in - out * axis.stride + axis.padding;
  const std::int64_t weight = shift / axis.dilation;
  return shift < 0 || shift % axis.dilation != 0 || weight >= axis.kernel ? -1 : weight;
}

bool reaches_everywhere(const WindowAxis& axis) {
  if (axis.in > axis.dilation * (axis.kernel - 1) + 1) return false;
  for (std::int64_t out = 0; out < axis.out(); ++out)
    for (std::int64_t in = 0; in < axis.in; ++in)
      if (weight_between(axis, in, out) < 0) return false;
  return true;
}

/// Lines of one map that a kernel of one place meets: without strides the whole map is one.
struct MetLines {
  explicit MetLines(const Convolution& c) {
    if (c.rows.stride == 1 && c.columns.stride == 1)
      width = c.out();
    else
      *this = {c.rows.out(), c.columns.out(), c.rows.stride * c.columns.in, c.columns.stride};
  }
  MetLines(std::int64_t count_, std::int64_t width_, std::int64_t down_, std::int64_t right_)
      : count(count_), width(width_), down(down_), right(right_) {}
  std::int64_t count = 1, width = 0, down = 0, right = 1;
};

/// Calls line(number of the first in the maps, in the rows) for the channels' lines of all images.
template <typename Line>
ORRERY_INLINE void each_line(const Convolution& c, const MetLines& lines, std::int64_t begin,
                             std::int64_t end, const Line& line) {
  for (std::int64_t image = 0; image < c.images; ++image)
    for (std::int64_t channel = begin; channel < end; ++channel) {
      const std::int64_t map = (image * c.channels + channel) * c.in();
      const std::int64_t row = (channel * c.images + image) * c.out();
      for (std::int64_t i = 0; i < lines.count; ++i) line(map + i * lines.down, row + i * lines.width);
    }
}

}  // namespace

bool reaches_everywhere(const Convolution& c) {
  return reaches_everywhere(c.rows) && reaches_everywhere(c.columns);
}

SpreadWeights::SpreadWeights(const Convolution& c)
    : columns(c.channels * c.in()),
      weights(c.channels * c.taps()),
      out(c.out()),
      of_matrix(static_cast<size_t>(out * columns)),
      of_weights(static_cast<size_t>(out * weights), -1) {
  for (std::int64_t to = 0; to < out; ++to)
    for (std::int64_t from = 0; from < c.in(); ++from) {
      const std::int64_t row = weight_between(c.rows, from / c.columns.in, to / c.columns.out());
      const std::int64_t column = weight_between(c.columns, from % c.columns.in, to % c.columns.out());
      for (std::int64_t channel = 0; channel < c.channels; ++channel) {
        const std::int64_t weight = channel * c.taps() + row * c.columns.kernel + column;
        const std::int64_t place = channel * c.in() + from;
        of_matrix[static_cast<size_t>(to * columns + place)] = static_cast<std::int32_t>(weight);
        of_weights[static_cast<size_t>(to * weights + weight)] = static_cast<std::int32_t>(place);
      }
    }
}

template <typename T>
ORRERY_CLONES void spread_weights(const SpreadWeights& spread, std::int64_t begin, std::int64_t end,
                                  const T* weights, T* matrix) {
  const std::int64_t count = spread.out * spread.columns;
  const std::int32_t* const places = spread.of_matrix.data();
  for (std::int64_t output = begin; output < end; ++output) {
    const T* const from = weights + output * spread.weights;
    T* const to = matrix + output * count;
#pragma GCC ivdep
    for (std::int64_t i = 0; i < count; ++i) to[i] = from[places[i]];
  }
}

template <typename T>
ORRERY_CLONES void gather_weights(const SpreadWeights& spread, std::int64_t begin, std::int64_t end,
                                  const T* matrix, bool adds, T* weights) {
  for (std::int64_t output = begin; output < end; ++output) {
    T* const to = weights + output * spread.weights;
    for (std::int64_t row = 0; row < spread.out; ++row) {
      const T* const from = matrix + (output * spread.out + row) * spread.columns;
      const std::int32_t* const places = spread.of_weights.data() + row * spread.weights;
      if (row == 0 && !adds)
#pragma GCC ivdep
        for (std::int64_t i = 0; i < spread.weights; ++i) to[i] = places[i] < 0 ? T(0) : from[places[i]];
      else
#pragma GCC ivdep
        for (std::int64_t i = 0; i < spread.weights; ++i) to[i] += places[i] < 0 ? T(0) : from[places[i]];
    }
  }
}

template <typename T>
ORRERY_CLONES void maps_to_rows(const Convolution& c, std::int64_t begin, std::int64_t end, const T* maps,
                                T* rows) {
  const MetLines lines(c);
  each_line(
      c, lines, begin, end, [&](std::int64_t map, std::int64_t row) __attribute__((always_inline)) {
        const T* const from = maps + map;
        T* const to = rows + row;
        if (lines.right == 1)
#pragma GCC ivdep
          for (std::int64_t i = 0; i < lines.width; ++i) to[i] = from[i];
        else
          for (std::int64_t i = 0; i < lines.width; ++i) to[i] = from[i * lines.right];
      });
}

template <typename T>
ORRERY_CLONES void rows_to_maps(const Convolution& c, std::int64_t begin, std::int64_t end, const T* rows,
                                bool adds, T* maps) {
  const MetLines lines(c);
  if (!adds && lines.width < c.in())
    for (std::int64_t image = 0; image < c.images; ++image)
      std::fill_n(maps + (image * c.channels + begin) * c.in(), (end - begin) * c.in(), T(0));
  each_line(
      c, lines, begin, end, [&](std::int64_t map, std::int64_t row) __attribute__((always_inline)) {
        const T* const from = rows + row;
        T* const to = maps + map;
        if (adds)
#pragma GCC ivdep
          for (std::int64_t i = 0; i < lines.width; ++i) to[i * lines.right] += from[i];
        else
#pragma GCC ivdep
          for (std::int64_t i = 0; i < lines.width; ++i) to[i * lines.right] = from[i];
      });
}

template <typename T>
ORRERY_CLONES void add_bias_to_maps(const ChannelMaps& maps, const T* bias, bool relu, T* values) {
  for (std::int64_t image = 0; image < maps.images; ++image)
    for (std::int64_t channel = maps.begin; channel < maps.end; ++channel) {
      T* const map = values + (image * maps.channels + channel) * maps.size;
      const T added = bias ? bias[channel] : T(0);
      for (std::int64_t i = 0; i < maps.size; ++i) {
        const T value = map[i] + added;
        map[i] = relu && value < T(0) ? T(0) : value;
      }
    }
}

template <typename T>
ORRERY_CLONES void sum_maps(const ChannelMaps& maps, const T* values, bool adds, T* sums) {
  for (std::int64_t channel = maps.begin; channel < maps.end; ++channel) {
    double sum = 0;
    for (std::int64_t image = 0; image < maps.images; ++image) {
      const T* const map = values + (image * maps.channels + channel) * maps.size;
      sum += static_cast<double>(sum_of<T>(
          maps.size, [&](std::int64_t i) __attribute__((always_inline)) { return map[i]; }));
    }
    sums[channel] = static_cast<T>(sum) + (adds ? sums[channel] : T(0));
  }
}

#define ORRERY_INSTANTIATE(T)                                                                         \
  template void spread_weights(const SpreadWeights&, std::int64_t, std::int64_t, const T*, T*);       \
  template void gather_weights(const SpreadWeights&, std::int64_t, std::int64_t, const T*, bool, T*); \
  template void maps_to_rows(const Convolution&, std::int64_t, std::int64_t, const T*, T*);           \
  template void rows_to_maps(const Convolution&, std::int64_t, std::int64_t, const T*, bool, T*);     \
  template void add_bias_to_maps(const ChannelMaps&, const T*, bool, T*);                             \
  template void sum_maps(const ChannelMaps&, const T*, bool, T*);
ORRERY_INSTANTIATE(float)
ORRERY_INSTANTIATE(double)
#undef ORRERY_INSTANTIATE

}  // namespace orrery::cpu
