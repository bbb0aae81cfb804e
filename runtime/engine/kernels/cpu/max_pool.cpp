#include "runtime/engine/kernels/cpu/max_pool.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "runtime/engine/kernels/cpu/clones.h"

namespace orrery::cpu {
namespace {

/// Numbers of some rows of a plane with their padding, which stay in the nearest cache.
constexpr std::int64_t kBuffered = 8192;
/// Windows side by side, in whole vectors: what is beyond the end of a row is computed and left.
constexpr std::int64_t kSideBySide = 256, kVector = 8;

/// As wide as a number, so that a vector of one kind is chosen by a vector of the other.
template <typename T>
using TapIndex = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

/// How a row with its padding lies in the buffer: places that are a stride apart side by side, so that
/// windows read their taps as vectors.
struct BufferedRow {
  explicit BufferedRow(const PooledAxis& columns)
      : stride(columns.stride),
        width((columns.span() + stride - 1) / stride),
        first_side(columns.padding % stride),
        first_place(columns.padding / stride) {
    const std::int64_t met = std::min(columns.in, stride * width - columns.padding);
    places = met / stride;
    one_more = met % stride;
  }
  std::int64_t stride, width;
  std::int64_t first_side, first_place;  ///< where the input's first number lies
  std::int64_t places, one_more;         ///< of each side; the first sides have one more

  std::int64_t numbers() const { return stride * width; }
  std::int64_t of(std::int64_t place) const { return place % stride * width + place / stride; }
};

template <typename T>
ORRERY_INLINE void buffer_row(const BufferedRow& layout, const T* row, T* to) {
  for (std::int64_t i = 0; i < layout.numbers(); ++i) to[i] = -std::numeric_limits<T>::infinity();
  if (!row) return;
  for (std::int64_t phase = 0; phase < layout.stride; ++phase) {
    const std::int64_t beyond = layout.first_side + phase >= layout.stride ? 1 : 0;
    T* const side = to + (layout.first_side + phase - beyond * layout.stride) * layout.width +
                    layout.first_place + beyond;
    const T* const from = row + phase;
    const std::int64_t count = layout.places + (phase < layout.one_more ? 1 : 0);
    if (layout.stride == 1)
#pragma GCC ivdep
      for (std::int64_t i = 0; i < count; ++i) side[i] = from[i];
    else if (layout.stride == 2)
#pragma GCC ivdep
      for (std::int64_t i = 0; i < count; ++i) side[i] = from[i * 2];
    else
      for (std::int64_t i = 0; i < count; ++i) side[i] = from[i * layout.stride];
  }
}

/// NaN beats all, so that it goes on.
template <typename T>
ORRERY_INLINE void take_larger(T next, TapIndex<T> tap, T& best, TapIndex<T>& taken) {
  const bool better = (next > best) | (next != next);
  best = better ? next : best;
  taken = better ? tap : taken;
}

/// Under relu, what is not positive is 0 and nobody's.
template <typename T>
ORRERY_INLINE void finish_window(bool relu, T& best, TapIndex<T>& tap) {
  const bool blocked = relu & (best <= T(0));
  best = blocked ? T(0) : best;
  tap = blocked ? TapIndex<T>(kNoTap) : tap;
}

/// `count` windows of so many taps, side by side, whose maxima stay in registers.
template <typename T, int taps>
ORRERY_INLINE void pool_windows(bool relu, std::int64_t count, const T* __restrict from,
                                const std::int64_t* offsets, T* __restrict output,
                                TapIndex<T>* __restrict taken) {
#pragma GCC unroll 1
  for (std::int64_t i = 0; i < count; ++i) {
    T best = -std::numeric_limits<T>::infinity();
    TapIndex<T> winner = kFirstTap;
#pragma GCC unroll 32
    for (int tap = 0; tap < taps; ++tap) take_larger<T>(from[offsets[tap] + i], tap, best, winner);
    finish_window<T>(relu, best, winner);
    output[i] = best;
    taken[i] = winner;
  }
}

template <typename T>
ORRERY_INLINE void pool_side_by_side(const MaxPool& pool, std::int64_t count, const T* from,
                                     const std::int64_t* offsets, T* output, TapIndex<T>* taken) {
  switch (pool.taps()) {
    case 4: return pool_windows<T, 4>(pool.relu, count, from, offsets, output, taken);
    case 9: return pool_windows<T, 9>(pool.relu, count, from, offsets, output, taken);
    case 25: return pool_windows<T, 25>(pool.relu, count, from, offsets, output, taken);
  }
  for (std::int64_t i = 0; i < count; ++i) {
    output[i] = -std::numeric_limits<T>::infinity();
    taken[i] = kFirstTap;
    for (std::int64_t tap = 0; tap < pool.taps(); ++tap)
      take_larger<T>(from[offsets[tap] + i], static_cast<TapIndex<T>>(tap), output[i], taken[i]);
    finish_window<T>(pool.relu, output[i], taken[i]);
  }
}

/// The rows of the result from `begin` to before `end`, of one plane.
template <typename T>
ORRERY_INLINE void pool_rows(const MaxPool& pool, std::int64_t begin, std::int64_t end, const T* plane,
                             T* output, Tap* taken) {
  const PooledAxis &rows = pool.rows, &columns = pool.columns;
  const BufferedRow layout(columns);
  T buffer[kBuffered + kVector];
  const std::int64_t top = begin * rows.stride - rows.padding;
  const std::int64_t seen = (end - begin - 1) * rows.stride + (rows.kernel - 1) * rows.dilation + 1;
  for (std::int64_t r = 0; r < seen; ++r) {
    const std::int64_t row = top + r;
    buffer_row<T>(layout, row < 0 || row >= rows.in ? nullptr : plane + row * columns.in,
                  buffer + r * layout.numbers());
  }
  std::fill_n(buffer + seen * layout.numbers(), kVector, T(0));
  std::int64_t offsets[kMostTaps];
  for (std::int64_t tap = 0; tap < pool.taps(); ++tap)
    offsets[tap] = tap / columns.kernel * rows.dilation * layout.numbers() +
                   layout.of(tap % columns.kernel * columns.dilation);
  for (std::int64_t row = begin; row < end; ++row)
    for (std::int64_t at = 0; at < columns.out; at += kSideBySide) {
      const T* const from = buffer + (row - begin) * rows.stride * layout.numbers() + at;
      const std::int64_t count = std::min(kSideBySide, columns.out - at), to = row * columns.out + at;
      const std::int64_t whole = (count + kVector - 1) / kVector * kVector;
      T best[kSideBySide];
      TapIndex<T> taps[kSideBySide];
      pool_side_by_side<T>(pool, whole, from, offsets, best, taps);
      for (std::int64_t i = 0; i < count; ++i) output[to + i] = best[i];
      for (std::int64_t i = 0; i < count; ++i) taken[to + i] = static_cast<Tap>(taps[i]);
    }
}

std::int64_t first_place(const PooledAxis& axis, std::int64_t out) {
  const std::int64_t before = axis.padding - out * axis.stride;
  return before <= 0 ? -before : (before + axis.dilation - 1) / axis.dilation * axis.dilation - before;
}

}  // namespace

bool fits_max_pool(const MaxPool& pool) {
  const std::int64_t seen = (pool.rows.kernel - 1) * pool.rows.dilation + 1;
  return pool.taps() <= kMostTaps && seen * BufferedRow(pool.columns).numbers() <= kBuffered;
}

template <typename T>
ORRERY_CLONES void max_pool(const MaxPool& pool, const T* input, T* output, Tap* taken) {
  const PooledAxis &rows = pool.rows, &columns = pool.columns;
  const std::int64_t fitting = kBuffered / BufferedRow(columns).numbers();
  const std::int64_t band = (fitting - (rows.kernel - 1) * rows.dilation - 1) / rows.stride + 1;
  for (std::int64_t plane = pool.begin; plane < pool.end; ++plane) {
    const std::int64_t result = plane * rows.out * columns.out;
    for (std::int64_t row = 0; row < rows.out; row += band)
      pool_rows<T>(pool, row, std::min(row + band, rows.out), input + plane * rows.in * columns.in,
                   output + result, taken + result);
  }
}

template <typename T>
ORRERY_CLONES void max_pool_backward(const MaxPool& pool, const T* gradient, const Tap* taken, bool adds,
                                     T* input_gradient) {
  const PooledAxis &rows = pool.rows, &columns = pool.columns;
  std::int64_t offsets[kMostTaps];
  for (std::int64_t tap = 0; tap < pool.taps(); ++tap)
    offsets[tap] =
        tap / columns.kernel * rows.dilation * columns.in + tap % columns.kernel * columns.dilation;
  for (std::int64_t plane = pool.begin; plane < pool.end; ++plane) {
    T* const of_plane = input_gradient + plane * rows.in * columns.in;
    if (!adds) std::fill_n(of_plane, rows.in * columns.in, T(0));
    for (std::int64_t row = 0; row < rows.out; ++row) {
      const std::int64_t line = (plane * rows.out + row) * columns.out;
      const std::int64_t top = (row * rows.stride - rows.padding) * columns.in - columns.padding;
      for (std::int64_t i = 0; i < columns.out; ++i) {
        const Tap tap = taken[line + i];
        if (tap == kNoTap) continue;
        const std::int64_t place = tap == kFirstTap
                                       ? first_place(rows, row) * columns.in + first_place(columns, i)
                                       : top + i * columns.stride + offsets[tap];
        of_plane[place] += gradient[line + i];
      }
    }
  }
}

#define ORRERY_INSTANTIATE(T)                                 \
  template void max_pool(const MaxPool&, const T*, T*, Tap*); \
  template void max_pool_backward(const MaxPool&, const T*, const Tap*, bool, T*);
ORRERY_INSTANTIATE(float)
ORRERY_INSTANTIATE(double)
#undef ORRERY_INSTANTIATE

}  // namespace orrery::cpu
