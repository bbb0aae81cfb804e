#include "runtime/engine/kernels/cpu/pairs.h"

#include <algorithm>

#include "runtime/engine/kernels/cpu/lanes.h"

namespace orrery::cpu {
namespace {

// Each operation, and its derivatives times what arrives.
struct Add {
  template <typename T>
  static ORRERY_INLINE T of(T a, T b) {
    return a + b;
  }
  template <int side, typename T>
  static ORRERY_INLINE T backward(T g, T, T) {
    return g;
  }
};
struct Subtract {
  template <typename T>
  static ORRERY_INLINE T of(T a, T b) {
    return a - b;
  }
  template <int side, typename T>
  static ORRERY_INLINE T backward(T g, T, T) {
    return side == 0 ? g : -g;
  }
};
struct Multiply {
  template <typename T>
  static ORRERY_INLINE T of(T a, T b) {
    return a * b;
  }
  template <int side, typename T>
  static ORRERY_INLINE T backward(T g, T a, T b) {
    return g * (side == 0 ? b : a);
  }
};
struct Divide {
  template <typename T>
  static ORRERY_INLINE T of(T a, T b) {
    return a / b;
  }
  template <int side, typename T>
  static ORRERY_INLINE T backward(T g, T a, T b) {
    return side == 0 ? g / b : -g * ((a / b) / b);
  }
};

template <typename Call>
ORRERY_INLINE void with_operation(PairOperation operation, const Call& call) {
  switch (operation) {
    case PairOperation::add: return call(Add());
    case PairOperation::subtract: return call(Subtract());
    case PairOperation::multiply: return call(Multiply());
    case PairOperation::divide: return call(Divide());
  }
}

/// Pairs of one turn of the innermost loop, or of part of it.
struct Line {
  std::int64_t left = 0, right = 0, result = 0, count = 0;
};

ORRERY_INLINE Line line_from(const Pairs& pairs, std::int64_t begin, std::int64_t end) {
  const std::int64_t within = begin % pairs.inner.size;
  Line line{within * pairs.inner.left, within * pairs.inner.right, begin,
            std::min(pairs.inner.size - within, end - begin)};
  std::int64_t turn = begin / pairs.inner.size;
  for (size_t d = pairs.outer.size(); d-- > 0; turn /= pairs.outer[d].size) {
    const std::int64_t place = turn % pairs.outer[d].size;
    line.left += place * pairs.outer[d].left;
    line.right += place * pairs.outer[d].right;
  }
  return line;
}

/// Numbers of a tensor, or one of them all along. Null counts as zeros.
template <typename T>
struct Along {
  const T* first;
  std::int64_t step;
};

/// Calls each(i, left, right), in loops that know which side stays the same.
template <typename T, typename Each>
ORRERY_INLINE void over_line(std::int64_t count, Along<T> left, Along<T> right, const Each& each) {
  const T *const a = left.first, *const b = right.first;
  const T same_a = a ? *a : T(0), same_b = b ? *b : T(0);
  const bool a_moves = a && left.step != 0, b_moves = b && right.step != 0;
  if (a_moves && b_moves)
#pragma GCC ivdep
    for (std::int64_t i = 0; i < count; ++i) each(i, a[i], b[i]);
  else if (a_moves)
#pragma GCC ivdep
    for (std::int64_t i = 0; i < count; ++i) each(i, a[i], same_b);
  else if (b_moves)
#pragma GCC ivdep
    for (std::int64_t i = 0; i < count; ++i) each(i, same_a, b[i]);
  else
#pragma GCC ivdep
    for (std::int64_t i = 0; i < count; ++i) each(i, same_a, same_b);
}

/// In parts, so that the error stays small over many numbers.
template <typename T, typename Term>
ORRERY_INLINE T sum_in_parts(std::int64_t count, const Term& term) {
  constexpr std::int64_t part = 4096;
  double sum = 0;
  for (std::int64_t begin = 0; begin < count; begin += part)
    sum += sum_of<T>(
        std::min(part, count - begin), [&](std::int64_t i)
                                           __attribute__((always_inline)) { return term(begin + i); });
  return static_cast<T>(sum);
}

template <int side, typename T, typename Operation>
ORRERY_INLINE void backward_as(Operation, const Pairs& pairs, std::int64_t begin, std::int64_t end,
                               const T* gradient, const T* left, const T* right, bool overwrites,
                               T* of_side) {
  const Pairs::Loop inner = pairs.inner;
  for (Line at; begin < end; begin += at.count) {
    at = line_from(pairs, begin, end);
    const T* const g = gradient + at.result;
    const Along<T> a{left ? left + at.left : nullptr, inner.left},
        b{right ? right + at.right : nullptr, inner.right};
    T* const to = of_side + (side == 0 ? at.left : at.right);
    if ((side == 0 ? inner.left : inner.right) == 0) {
      const auto term = [&](std::int64_t i) __attribute__((always_inline)) {
        const T x = a.first ? a.first[i * a.step] : T(0), y = b.first ? b.first[i * b.step] : T(0);
        return Operation::template backward<side>(g[i], x, y);
      };
      const T sum = sum_in_parts<T>(at.count, term);
      *to = overwrites ? sum : *to + sum;
    } else if (overwrites) {
      over_line(
          at.count, a, b, [&](std::int64_t i, T x, T y) __attribute__((always_inline)) {
            to[i] = Operation::template backward<side>(g[i], x, y);
          });
    } else {
      over_line(
          at.count, a, b, [&](std::int64_t i, T x, T y) __attribute__((always_inline)) {
            to[i] += Operation::template backward<side>(g[i], x, y);
          });
    }
  }
}

}  // namespace

Pairs::Pairs(const std::vector<std::int64_t>& left, const std::vector<std::int64_t>& right,
             const std::vector<std::int64_t>& result) {
  const auto size_at = [&](const std::vector<std::int64_t>& sizes, size_t d) {
    const size_t missing = result.size() - sizes.size();
    return d < missing ? std::int64_t{1} : sizes[d - missing];
  };
  for (size_t d = result.size(); d-- > 0;) {
    const std::int64_t of_left = size_at(left, d), of_right = size_at(right, d);
    const Loop loop{result[d], of_left == 1 ? 0 : count[0], of_right == 1 ? 0 : count[1]};
    spreads[0] = spreads[0] || of_left < result[d];
    spreads[1] = spreads[1] || of_right < result[d];
    total *= result[d];
    count[0] *= of_left;
    count[1] *= of_right;
    if (loop.size == 1) continue;
    const bool joins = !outer.empty() && outer.back().left * outer.back().size == loop.left &&
                       outer.back().right * outer.back().size == loop.right;
    if (joins)
      outer.back().size *= loop.size;
    else
      outer.push_back(loop);
  }
  if (!outer.empty()) {
    inner = outer.front();
    outer.erase(outer.begin());
  }
  std::ranges::reverse(outer);
}

template <typename T>
ORRERY_CLONES void combine(PairOperation operation, const Pairs& pairs, std::int64_t begin, std::int64_t end,
                           const T* left, const T* right, T* result) {
  with_operation(
      operation, [&](auto f) __attribute__((always_inline)) {
        for (Line at; begin < end; begin += at.count) {
          at = line_from(pairs, begin, end);
          T* const to = result + at.result;
          over_line(
              at.count, Along<T>{left + at.left, pairs.inner.left},
              Along<T>{right + at.right, pairs.inner.right},
              [&](std::int64_t i, T a, T b) __attribute__((always_inline)) { to[i] = f.of(a, b); });
        }
      });
}

template <typename T>
ORRERY_CLONES void combine_backward(PairOperation operation, int side, const Pairs& pairs, std::int64_t begin,
                                    std::int64_t end, const T* gradient, const T* left, const T* right,
                                    bool overwrites, T* of_side) {
  with_operation(
      operation, [&](auto f) __attribute__((always_inline)) {
        if (side == 0)
          backward_as<0>(f, pairs, begin, end, gradient, left, right, overwrites, of_side);
        else
          backward_as<1>(f, pairs, begin, end, gradient, left, right, overwrites, of_side);
      });
}

#define ORRERY_INSTANTIATE(T)                                                                             \
  template void combine(PairOperation, const Pairs&, std::int64_t, std::int64_t, const T*, const T*, T*); \
  template void combine_backward(PairOperation, int, const Pairs&, std::int64_t, std::int64_t, const T*,  \
                                 const T*, const T*, bool, T*);
ORRERY_INSTANTIATE(float)
ORRERY_INSTANTIATE(double)
#undef ORRERY_INSTANTIATE

}  // namespace orrery::cpu
