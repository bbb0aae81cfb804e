#include "runtime/engine/kernels/cpu/relu_max_pool.h"

#include <bit>
#include <type_traits>

#include "runtime/engine/kernels/cpu/clones.h"

namespace orrery::cpu {
namespace {

/// As wide as a number, so that a vector of one kind is chosen by a vector of the other.
template <typename T>
using Index = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

/// NaN beats all, so that it goes on.
template <int place, typename T>
ORRERY_INLINE void take_better(T next, T& best, Index<T>& winner) {
  const bool better = (next > best) | (next != next);
  best = better ? next : best;
  winner = better ? place : winner;
}

// Loops of a constant count are kept from being unrolled before they become vectors.

/// `count` windows side by side.
template <bool Relu, typename T>
ORRERY_INLINE void pool(std::int64_t count, const T* __restrict upper, const T* __restrict lower,
                        T* __restrict output, Winner* __restrict winners) {
#pragma GCC unroll 1
  for (std::int64_t i = 0; i < count; ++i) {
    T best = upper[2 * i];
    Index<T> winner = 0;
    take_better<1>(upper[2 * i + 1], best, winner);
    take_better<2>(lower[2 * i], best, winner);
    take_better<3>(lower[2 * i + 1], best, winner);
    if constexpr (Relu) {
      const bool blocked = best <= T(0);
      best = blocked ? T(0) : best;
      winner = blocked ? 4 : winner;
    }
    output[i] = best;
    winners[i] = static_cast<Winner>(winner);
  }
}

/// The number or 0, by its bits: of a choice gcc makes a load under a mask.
template <typename T>
ORRERY_INLINE T masked(T number, bool kept) {
  return std::bit_cast<T>(std::bit_cast<Index<T>>(number) & -static_cast<Index<T>>(kept));
}

template <typename T>
ORRERY_INLINE void scatter(std::int64_t count, const T* __restrict gradient, const Winner* __restrict winners,
                           Winner left, T* __restrict row) {
#pragma GCC unroll 1
  for (std::int64_t i = 0; i < count; ++i) {
    const Index<T> winner = winners[i] - left;
    row[2 * i] = masked(gradient[i], winner == 0);
    row[2 * i + 1] = masked(gradient[i], winner == 1);
  }
}

constexpr std::int64_t lanes = 16;

/// Calls `some(count, from)` for columns from..from+count of a row of `width`. Rows are short, so vectors run
/// over their ends into later ones, which are computed afterwards; only where no memory follows (`room`
/// columns are left from the row's start on) is the count not a constant.
template <typename Some>
ORRERY_INLINE void for_blocks(std::int64_t width, std::int64_t room, const Some& some) {
  std::int64_t from = 0;
  for (; from < width && from + lanes <= room; from += lanes) some(lanes, from);
  if (from < width) some(width - from, from);
}

template <bool Relu, typename T>
ORRERY_INLINE void pool_planes(const Planes& planes, const T* input, T* output, Winner* winners) {
  const std::int64_t rows = planes.height / 2, columns = planes.width / 2, width = planes.width;
  for (std::int64_t plane = planes.begin; plane < planes.end; ++plane)
    for (std::int64_t y = 0; y < rows; ++y) {
      const T* const upper = input + (plane * planes.height + 2 * y) * width;
      const std::int64_t at = (plane * rows + y) * columns,
                         room = ((planes.end - plane) * rows - y) * columns;
      const auto some = [&](std::int64_t count, std::int64_t from) __attribute__((always_inline)) {
        const T* const window = upper + 2 * from;
        pool<Relu>(count, window, window + width, output + at + from, winners + at + from);
      };
      for_blocks(columns, room, some);
    }
}

}  // namespace

template <typename T>
ORRERY_CLONES void relu_max_pool(Planes planes, const T* input, T* output, Winner* winners) {
  if (planes.relu)
    pool_planes<true>(planes, input, output, winners);
  else
    pool_planes<false>(planes, input, output, winners);
}

template <typename T>
ORRERY_CLONES void relu_max_pool_backward(Planes planes, const T* gradient, const Winner* winners,
                                          T* input_gradient) {
  const std::int64_t rows = planes.height / 2, columns = planes.width / 2, width = planes.width;
  for (std::int64_t plane = planes.begin; plane < planes.end; ++plane)
    for (std::int64_t y = 0; y < planes.height; ++y) {
      T* const row = input_gradient + (plane * planes.height + y) * width;
      const std::int64_t at = (plane * rows + y / 2) * columns;
      const std::int64_t room = ((planes.end - plane) * rows - y / 2) * columns;
      const auto some = [&](std::int64_t count, std::int64_t from) __attribute__((always_inline)) {
        scatter<T>(count, gradient + at + from, winners + at + from, y % 2 ? 2 : 0, row + 2 * from);
      };
      if (y < 2 * rows) for_blocks(columns, room, some);
      for (std::int64_t x = y < 2 * rows ? 2 * columns : 0; x < width; ++x) row[x] = T(0);
    }
}

#define ORRERY_INSTANTIATE(T)                                 \
  template void relu_max_pool(Planes, const T*, T*, Winner*); \
  template void relu_max_pool_backward(Planes, const T*, const Winner*, T*);
ORRERY_INSTANTIATE(float)
ORRERY_INSTANTIATE(double)
#undef ORRERY_INSTANTIATE

}  // namespace orrery::cpu
