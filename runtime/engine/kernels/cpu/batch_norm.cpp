#include "runtime/engine/kernels/cpu/batch_norm.h"

#include <algorithm>
#include <cmath>

#include "runtime/engine/kernels/cpu/lanes.h"

namespace orrery::cpu {
namespace {

/// Numbers that are computed side by side: several channels where they are small, a piece of one where it is
/// large.
constexpr std::int64_t kLanes = 512;
// Rows whose sums lose next to nothing in single precision.
constexpr std::int64_t kRowsOfParts = 16;

/// Some channels, each with so many lanes.
struct LaneBlock {
  LaneBlock(const ChannelMaps& maps, std::int64_t channel)
      : first(channel),
        channels(std::min(std::max<std::int64_t>(1, kLanes / maps.size), maps.end - channel)),
        width(std::min(maps.size, kLanes)) {}
  std::int64_t first, channels, width;
  std::int64_t lanes() const { return channels * width; }
};

/// Calls row(place of the first number, count) for all numbers of the block.
template <typename Row>
ORRERY_INLINE void each_row(const ChannelMaps& maps, const LaneBlock& block, const Row& row) {
  for (std::int64_t image = 0; image < maps.images; ++image) {
    const std::int64_t begin = (image * maps.channels + block.first) * maps.size;
    if (maps.size <= kLanes)
      row(begin, block.lanes());
    else
      for (std::int64_t at = 0; at < maps.size; at += kLanes)
        row(begin + at, std::min(kLanes, maps.size - at));
  }
}

/// A number of each channel of a block, in all its lanes.
template <typename T>
struct Spread {
  template <typename Of>
  ORRERY_INLINE Spread(const LaneBlock& block, const Of& of) {
    for (std::int64_t c = 0; c < block.channels; ++c)
      std::fill_n(lanes + c * block.width, block.width, static_cast<T>(of(block.first + c)));
  }
  ORRERY_INLINE T operator[](std::int64_t lane) const { return lanes[lane]; }
  T lanes[kLanes];
};

/// Sums of each channel of a block, by lane: in double precision from row to row, or from some rows of sums
/// to the next.
template <typename Part, std::int64_t rows>
class LaneSums {
 public:
  ORRERY_INLINE explicit LaneSums(const LaneBlock& block) : block_(block) {
    std::fill_n(totals_, block.lanes(), 0.0);
    std::fill_n(lanes, block.lanes(), Part(0));
  }
  ORRERY_INLINE void end_row() {
    if (++rows_ == rows) flush();
  }
  ORRERY_INLINE void end() {
    flush();
    for (std::int64_t c = 0; c < block_.channels; ++c) {
      const double* const of = totals_ + c * block_.width;
      sums_[c] = sum_of<double>(
          block_.width, [&](std::int64_t i) __attribute__((always_inline)) { return of[i]; });
    }
  }
  ORRERY_INLINE double of(std::int64_t channel) const { return sums_[channel - block_.first]; }

  Part lanes[kLanes];

 private:
  ORRERY_INLINE void flush() {
    for (std::int64_t i = 0; i < block_.lanes(); ++i) {
      totals_[i] += static_cast<double>(lanes[i]);
      lanes[i] = 0;
    }
    rows_ = 0;
  }

  const LaneBlock& block_;
  double totals_[kLanes], sums_[kLanes];
  std::int64_t rows_ = 0;
};

double count_of_channel(const ChannelMaps& maps) { return static_cast<double>(maps.images * maps.size); }

template <typename T>
ORRERY_INLINE void enter(double momentum, double value, T* running) {
  *running = static_cast<T>(momentum * value + (1 - momentum) * static_cast<double>(*running));
}

template <typename T>
ORRERY_INLINE void take_statistics(const ChannelMaps& maps, const LaneBlock& block, const BatchNorm<T>& norm,
                                   const T* input) {
  const double count = count_of_channel(maps);
  LaneSums<double, 1> sums(block), squares(block);
  each_row(
      maps, block, [&](std::int64_t at, std::int64_t lanes) __attribute__((always_inline)) {
        const T* const x = input + at;
        for (std::int64_t i = 0; i < lanes; ++i) sums.lanes[i] += static_cast<double>(x[i]);
      });
  sums.end();
  const Spread<double> middle(
      block, [&](std::int64_t c) __attribute__((always_inline)) { return sums.of(c) / count; });
  each_row(
      maps, block, [&](std::int64_t at, std::int64_t lanes) __attribute__((always_inline)) {
        const T* const x = input + at;
        for (std::int64_t i = 0; i < lanes; ++i) {
          const double off = static_cast<double>(x[i]) - middle[i];
          squares.lanes[i] += off * off;
        }
      });
  squares.end();
  for (std::int64_t c = block.first; c < block.first + block.channels; ++c) {
    const double mean = sums.of(c) / count, square = squares.of(c);
    norm.mean[c] = static_cast<T>(mean);
    norm.rstd[c] = static_cast<T>(1 / std::sqrt(square / count + norm.eps));
    if (!norm.running.mean) continue;
    enter(norm.momentum, mean, norm.running.mean + c);
    enter(norm.momentum, square / (count - 1), norm.running.variance + c);
  }
}

template <bool relu, typename T>
ORRERY_INLINE void normalize(const ChannelMaps& maps, const LaneBlock& block, const BatchNorm<T>& norm,
                             const T* input, T* output) {
  const auto factor = [&](std::int64_t c) __attribute__((always_inline)) {
    return norm.weight ? norm.rstd[c] * norm.weight[c] : norm.rstd[c];
  };
  const Spread<T> scale(block, factor);
  const Spread<T> offset(
      block, [&](std::int64_t c) __attribute__((always_inline)) {
        return (norm.bias ? norm.bias[c] : T(0)) - norm.mean[c] * factor(c);
      });
  each_row(
      maps, block, [&](std::int64_t at, std::int64_t lanes) __attribute__((always_inline)) {
        const T* const x = input + at;
        T* const y = output + at;
#pragma GCC ivdep
        for (std::int64_t i = 0; i < lanes; ++i) {
          const T value = x[i] * scale[i] + offset[i];
          y[i] = relu && value < T(0) ? T(0) : value;
        }
      });
}

/// The gradient in front of relu.
template <bool relu, typename T>
ORRERY_INLINE T let_through(T gradient, const T* output, std::int64_t i) {
  if constexpr (relu) return output[i] <= T(0) ? T(0) : gradient;
  return gradient;
}

// With n = (x - mean) * rstd, g the gradient in front of relu:
// input's gradient = weight * rstd * (g - mean(g) - n * mean(g n)), the means being 0 where the statistics
// are not the batch's.
template <bool relu, typename T>
ORRERY_INLINE void backward(const ChannelMaps& maps, const LaneBlock& block, const BatchNormBackward<T>& b) {
  const Spread<T> mean(
      block, [&](std::int64_t c) __attribute__((always_inline)) { return b.mean[c]; });
  LaneSums<T, kRowsOfParts> sums(block), products(block);
  if (b.of_batch || b.of_weight || b.of_bias)
    each_row(
        maps, block, [&](std::int64_t at, std::int64_t lanes) __attribute__((always_inline)) {
          const T *const g = b.gradient + at, *const x = b.input + at,
                         *const y = relu ? b.output + at : nullptr;
          for (std::int64_t i = 0; i < lanes; ++i) {
            const T inner = let_through<relu>(g[i], y, i);
            sums.lanes[i] += inner;
            products.lanes[i] += inner * (x[i] - mean[i]);
          }
          sums.end_row();
          products.end_row();
        });
  sums.end();
  products.end();
  const double count = b.of_batch ? count_of_channel(maps) : HUGE_VAL;
  const Spread<T> middle(
      block, [&](std::int64_t c) __attribute__((always_inline)) { return sums.of(c) / count; });
  const Spread<T> slope(
      block, [&](std::int64_t c) __attribute__((always_inline)) {
        const double rstd = static_cast<double>(b.rstd[c]);
        return products.of(c) * rstd * rstd / count;
      });
  const Spread<T> scale(
      block, [&](std::int64_t c)
                 __attribute__((always_inline)) { return b.weight ? b.rstd[c] * b.weight[c] : b.rstd[c]; });
  for (std::int64_t c = block.first; c < block.first + block.channels; ++c) {
    const T of_weight = static_cast<T>(products.of(c) * static_cast<double>(b.rstd[c]));
    const T of_bias = static_cast<T>(sums.of(c));
    if (b.of_weight) b.of_weight[c] = of_weight + (b.weight_adds ? b.of_weight[c] : T(0));
    if (b.of_bias) b.of_bias[c] = of_bias + (b.bias_adds ? b.of_bias[c] : T(0));
  }
  if (!b.of_input) return;
  each_row(
      maps, block, [&](std::int64_t at, std::int64_t lanes) __attribute__((always_inline)) {
        const T *const g = b.gradient + at, *const x = b.input + at,
                       *const y = relu ? b.output + at : nullptr;
        T* const result = b.of_input + at;
        const auto one = [&](std::int64_t i) __attribute__((always_inline)) {
          return scale[i] * (let_through<relu>(g[i], y, i) - middle[i] - (x[i] - mean[i]) * slope[i]);
        };
        if (b.input_adds)
#pragma GCC ivdep
          for (std::int64_t i = 0; i < lanes; ++i) result[i] += one(i);
        else
#pragma GCC ivdep
          for (std::int64_t i = 0; i < lanes; ++i) result[i] = one(i);
      });
}

}  // namespace

template <typename T>
ORRERY_CLONES void batch_norm(const ChannelMaps& maps, const BatchNorm<T>& norm, const T* input, T* output) {
  for (std::int64_t channel = maps.begin; channel < maps.end;) {
    const LaneBlock block(maps, channel);
    if (norm.of_batch)
      take_statistics(maps, block, norm, input);
    else
      for (std::int64_t c = channel; c < channel + block.channels; ++c) {
        norm.mean[c] = norm.running.mean[c];
        norm.rstd[c] = T(1) / std::sqrt(norm.running.variance[c] + static_cast<T>(norm.eps));
      }
    norm.relu ? normalize<true>(maps, block, norm, input, output)
              : normalize<false>(maps, block, norm, input, output);
    channel += block.channels;
  }
}

template <typename T>
ORRERY_CLONES void batch_norm_backward(const ChannelMaps& maps, const BatchNormBackward<T>& norm) {
  for (std::int64_t channel = maps.begin; channel < maps.end;) {
    const LaneBlock block(maps, channel);
    norm.output ? backward<true>(maps, block, norm) : backward<false>(maps, block, norm);
    channel += block.channels;
  }
}

#define ORRERY_INSTANTIATE(T)                                                      \
  template void batch_norm(const ChannelMaps&, const BatchNorm<T>&, const T*, T*); \
  template void batch_norm_backward(const ChannelMaps&, const BatchNormBackward<T>&);
ORRERY_INSTANTIATE(float)
ORRERY_INSTANTIATE(double)
#undef ORRERY_INSTANTIATE

}  // namespace orrery::cpu
