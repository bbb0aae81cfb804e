#pragma once

#include <cstdint>

#include "runtime/engine/kernels/cpu/clones.h"

/// Sums over many numbers in lanes side by side, as vectors hold them: gcc does not reorder floating-point
/// sums itself.
namespace orrery::cpu {

/// Folds lanes into one number, halves with halves.
template <typename T, std::int64_t lanes, typename Join>
ORRERY_INLINE T folded(const T (&values)[lanes], const Join& join) {
  if constexpr (lanes == 1) {
    return values[0];
  } else {
    T halves[lanes / 2];
    for (std::int64_t i = 0; i < lanes / 2; ++i) halves[i] = join(values[i], values[i + lanes / 2]);
    return folded(halves, join);
  }
}

template <typename T, std::int64_t lanes>
ORRERY_INLINE T sum_of_lanes(const T (&values)[lanes]) {
  return folded(
      values, [](T a, T b) __attribute__((always_inline)) { return a + b; });
}

/// The sum of term(0..count).
template <typename T, typename Term>
ORRERY_INLINE T sum_of(std::int64_t count, const Term& term) {
  constexpr std::int64_t lanes = 128 / sizeof(T);
  T partial[lanes] = {};
  std::int64_t at = 0;
  for (; at + lanes <= count; at += lanes)
    for (std::int64_t lane = 0; lane < lanes; ++lane) partial[lane] += term(at + lane);
  T rest = 0;
  for (; at < count; ++at) rest += term(at);
  return rest + sum_of_lanes(partial);
}

template <typename T>
ORRERY_INLINE T larger(T a, T b) {
  return b > a ? b : a;
}

/// The largest of a row that has no NaN; of one with NaN whatever. REQUIRES: count > 0.
template <typename T>
ORRERY_INLINE T largest_of(std::int64_t count, const T* row) {
  constexpr std::int64_t lanes = 16;
  T best = row[0];
  std::int64_t at = 0;
  if (count >= lanes) {
    T partial[lanes];
    // Kept from being unrolled before they become vectors.
#pragma GCC unroll 1
    for (std::int64_t lane = 0; lane < lanes; ++lane) partial[lane] = row[lane];
    for (at = lanes; at + lanes <= count; at += lanes)
#pragma GCC unroll 1
      for (std::int64_t lane = 0; lane < lanes; ++lane) partial[lane] = larger(partial[lane], row[at + lane]);
    best = folded(partial, larger<T>);
  }
  for (; at < count; ++at) best = larger(best, row[at]);
  return best;
}

}  // namespace orrery::cpu
