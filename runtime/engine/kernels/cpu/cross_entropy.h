#pragma once

#include <cstdint>

namespace orrery::cpu {

/// Rows of logits [rows, classes], contiguous, each with a label in 0..classes-1, or `ignore_index`: such a
/// row has no loss and no gradient, and does not count in the mean. Rows are independent: threads may share
/// them.
struct LabelledRows {
  std::int64_t begin, end;  ///< the rows of this call
  std::int64_t classes;
  const std::int64_t* labels;  ///< of all rows, from row 0
  std::int64_t ignore_index = -100;
};

/// What the rows of one call add to the loss.
struct CrossEntropy {
  double loss = 0;            ///< the sum of -log softmax(logits)[label]
  std::int64_t counted = 0;   ///< rows not ignored: the mean's divisor
  std::int64_t bad_row = -1;  ///< the first whose label is no class; nothing else is valid then
};

/// What the backward pass needs of a row: softmax(logits) = exp(logits - most) / sum.
template <typename T>
struct Softmax {
  T most, sum;
};

/// Softmax and cross-entropy of labels in one pass, which also writes what the backward pass reads to `kept`
/// [rows], from row 0. Within a few units in the last place of ATen's log_softmax and nll_loss; a row with
/// NaN or without a finite number makes the loss NaN, as there. float and double. REQUIRES: classes > 0.
template <typename T>
CrossEntropy cross_entropy(LabelledRows rows, const T* logits, Softmax<T>* kept);

/// result = (softmax(logits) - onehot(label)) * scale, 0 in ignored rows. `scale` is the loss's gradient, for
/// the mean divided by all rows counted. `result` may be `logits`. REQUIRES: no label is out of range.
template <typename T>
void cross_entropy_backward(LabelledRows rows, const T* logits, const Softmax<T>* kept, T scale, T* result);

}  // namespace orrery::cpu
