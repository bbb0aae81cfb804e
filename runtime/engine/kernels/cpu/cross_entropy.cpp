#include "runtime/engine/kernels/cpu/cross_entropy.h"

#include <cmath>
#include <limits>

#include "runtime/engine/kernels/cpu/lanes.h"
#include "runtime/engine/kernels/cpu/vector_math.h"

namespace orrery::cpu {
namespace {

constexpr std::int64_t lanes = 16;

// Loops over lanes are kept from being unrolled before they become vectors.

/// The sum of exp(row - shift).
template <typename T>
ORRERY_INLINE T sum_of_exp(std::int64_t count, const T* row, T shift) {
  T partial[lanes] = {}, rest[lanes];
  std::int64_t at = 0;
  for (; at + lanes <= count; at += lanes)
#pragma GCC unroll 1
    for (std::int64_t lane = 0; lane < lanes; ++lane) partial[lane] += exp(row[at + lane] - shift);
  if (at == count) return sum_of_lanes(partial);
#pragma GCC unroll 1
  for (std::int64_t lane = 0; lane < lanes; ++lane)
    rest[lane] = at + lane < count ? row[at + lane] - shift : -std::numeric_limits<T>::infinity();
#pragma GCC unroll 1
  for (std::int64_t lane = 0; lane < lanes; ++lane) partial[lane] += exp(rest[lane]);
  return sum_of_lanes(partial);
}

}  // namespace

template <typename T>
ORRERY_CLONES CrossEntropy cross_entropy(LabelledRows rows, const T* logits, Softmax<T>* kept) {
  CrossEntropy result;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const T* const values = logits + row * rows.classes;
    const std::int64_t label = rows.labels[row];
    const bool counted = label != rows.ignore_index;
    if (counted && (label < 0 || label >= rows.classes)) {
      result.bad_row = row;
      return result;
    }
    const T most = largest_of(rows.classes, values);
    const T sum = sum_of_exp(rows.classes, values, most);
    kept[row] = {most, sum};
    if (counted) result.loss += std::log(sum) - (values[label] - most);
    result.counted += counted;
  }
  return result;
}

template <typename T>
ORRERY_CLONES void cross_entropy_backward(LabelledRows rows, const T* logits, const Softmax<T>* kept, T scale,
                                          T* result) {
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const T* const values = logits + row * rows.classes;
    T* const gradient = result + row * rows.classes;
    const std::int64_t label = rows.labels[row];
    if (label == rows.ignore_index) {
      for (std::int64_t i = 0; i < rows.classes; ++i) gradient[i] = T(0);
      continue;
    }
    const T most = kept[row].most, factor = scale / kept[row].sum;
#pragma GCC ivdep
    for (std::int64_t i = 0; i < rows.classes; ++i) gradient[i] = exp(values[i] - most) * factor;
    gradient[label] -= scale;
  }
}

#define ORRERY_INSTANTIATE(T)                                               \
  template CrossEntropy cross_entropy(LabelledRows, const T*, Softmax<T>*); \
  template void cross_entropy_backward(LabelledRows, const T*, const Softmax<T>*, T, T*);
ORRERY_INSTANTIATE(float)
ORRERY_INSTANTIATE(double)
#undef ORRERY_INSTANTIATE

}  // namespace orrery::cpu
