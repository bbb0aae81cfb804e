#include "runtime/engine/kernels/cpu/attention.h"

#include <algorithm>
#include <limits>

#include "runtime/engine/kernels/cpu/matrix_product.h"
#include "runtime/engine/kernels/cpu/softmax.h"

namespace orrery::cpu {
namespace {

/// Queries whose scores are in memory at a time: as many as a near cache holds, within limits.
std::int64_t queries_at_once(const Head& head) {
  constexpr std::int64_t scores = 1 << 16, least = 16, most = 32;
  return std::min(std::clamp(scores / head.keys, least, most), head.queries);
}

/// Queries from `begin` to before `end` and the keys that the last of them sees.
struct Share {
  std::int64_t begin, end, keys;

  std::int64_t rows() const { return end - begin; }
};

Share share_from(const Head& head, std::int64_t begin) {
  const std::int64_t end = std::min(begin + queries_at_once(head), head.queries);
  return {begin, end, head.causal ? std::min(end, head.keys) : head.keys};
}

template <typename T>
void weigh(const Head& head, const Share& share, Matrix<const T> query, Matrix<const T> key, T* weights) {
  product<T>(share.rows(), share.keys, head.width, query.row(share.begin), query.stride, false, key.first,
             key.stride, true, static_cast<T>(head.scale), 0, weights, share.keys);
  if (head.causal)
    for (std::int64_t row = share.begin; row < share.end; ++row) {
      T* const scores = weights + (row - share.begin) * share.keys;
      std::fill(scores + std::min(row + 1, share.keys), scores + share.keys,
                -std::numeric_limits<T>::infinity());
    }
  softmax<T>({0, share.rows(), share.keys}, weights, weights);
}

/// What no share of the queries sees has no gradient.
template <typename T>
void clear_unseen(Matrix<T> gradient, std::int64_t seen, std::int64_t keys, std::int64_t width) {
  if (!gradient.first || gradient.adds) return;
  for (std::int64_t row = seen; row < keys; ++row) std::fill_n(gradient.row(row), width, T(0));
}

}  // namespace

std::int64_t attention_room(const Head& head) { return 2 * queries_at_once(head) * head.keys; }

template <typename T>
void attend(const Head& head, Matrix<const T> query, Matrix<const T> key, Matrix<const T> value,
            Matrix<T> output, T* room) {
  for (std::int64_t begin = 0; begin < head.queries; begin += queries_at_once(head)) {
    const Share share = share_from(head, begin);
    weigh(head, share, query, key, room);
    product<T>(share.rows(), head.value_width, share.keys, room, share.keys, false, value.first, value.stride,
               false, 1, 0, output.row(begin), output.stride);
  }
}

// The last share sees all keys that any sees: it is the first to write their gradients.
template <typename T>
void attend_backward(const Head& head, Matrix<const T> query, Matrix<const T> key, Matrix<const T> value,
                     Matrix<const T> of_output, Matrix<T> of_query, Matrix<T> of_key, Matrix<T> of_value,
                     T* room) {
  const std::int64_t step = queries_at_once(head), last = (head.queries - 1) / step * step;
  clear_unseen(of_key, share_from(head, last).keys, head.keys, head.width);
  clear_unseen(of_value, share_from(head, last).keys, head.keys, head.value_width);
  for (std::int64_t begin = last; begin >= 0; begin -= step) {
    const Share share = share_from(head, begin);
    const std::int64_t rows = share.rows(), keys = share.keys;
    const bool later = begin < last;
    T *const weights = room, *const of_scores = room + rows * keys;
    const T* const arrived = of_output.row(begin);
    const T scale = static_cast<T>(head.scale);
    weigh(head, share, query, key, weights);
    if (of_value.first)
      product<T>(keys, head.value_width, rows, weights, keys, true, arrived, of_output.stride, false, 1,
                 later || of_value.adds ? 1 : 0, of_value.first, of_value.stride);
    if (!of_query.first && !of_key.first) continue;
    product<T>(rows, keys, head.value_width, arrived, of_output.stride, false, value.first, value.stride,
               true, 1, 0, of_scores, keys);
    softmax_backward<T>({0, rows, keys}, of_scores, weights, of_scores);
    if (of_query.first)
      product<T>(rows, head.width, keys, of_scores, keys, false, key.first, key.stride, false, scale,
                 of_query.adds ? 1 : 0, of_query.row(begin), of_query.stride);
    if (of_key.first)
      product<T>(keys, head.width, rows, of_scores, keys, true, query.row(begin), query.stride, false, scale,
                 later || of_key.adds ? 1 : 0, of_key.first, of_key.stride);
  }
}

#define ORRERY_INSTANTIATE(T)                                                                          \
  template void attend(const Head&, Matrix<const T>, Matrix<const T>, Matrix<const T>, Matrix<T>, T*); \
  template void attend_backward(const Head&, Matrix<const T>, Matrix<const T>, Matrix<const T>,        \
                                Matrix<const T>, Matrix<T>, Matrix<T>, Matrix<T>, T*);
ORRERY_INSTANTIATE(float)
ORRERY_INSTANTIATE(double)
#undef ORRERY_INSTANTIATE

}  // namespace orrery::cpu
