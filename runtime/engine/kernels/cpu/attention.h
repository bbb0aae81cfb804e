#pragma once

#include <cstdint>

namespace orrery::cpu {

/// One head of attention: softmax(scale * query keyᵀ) value, query [queries, width], key [keys, width], value
/// [keys, value_width]. Causal: the query in row i sees the keys to row i.
struct Head {
  std::int64_t queries, keys, width, value_width;
  bool causal;
  double scale;
};

/// Rows that lie `stride` numbers apart, each of which lies side by side.
template <typename T>
struct Matrix {
  T* first;
  std::int64_t stride;
  bool adds = false;  ///< of a gradient: to what is there; else it is overwritten

  T* row(std::int64_t index) const { return first + index * stride; }
};

/// Numbers that each of the two functions needs to work in.
std::int64_t attention_room(const Head& head);

/// A share of the queries at a time, whose scores stay in a near cache; the products are the BLAS's. Equals
/// ATen's scaled_dot_product_attention up to rounding. float and double.
template <typename T>
void attend(const Head& head, Matrix<const T> query, Matrix<const T> key, Matrix<const T> value,
            Matrix<T> output, T* room);

/// Gradients of what a head reads from that of its output; one whose `first` is null is not computed. The
/// weights are computed once more, so that nothing is kept for it.
template <typename T>
void attend_backward(const Head& head, Matrix<const T> query, Matrix<const T> key, Matrix<const T> value,
                     Matrix<const T> of_output, Matrix<T> of_query, Matrix<T> of_key, Matrix<T> of_value,
                     T* room);

}  // namespace orrery::cpu
