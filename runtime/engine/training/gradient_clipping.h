#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/graph/attributes.h"

namespace orrery {

/// Keeps gradients small before an update, as torch.nn.utils.clip_grad_norm_ and clip_grad_value_ do, with
/// their numbers. Value type.
class GradientClipping {
 public:
  /// `options`: the manager's gradient_clip_val and gradient_clip_algorithm.
  explicit GradientClipping(const Attributes& options);

  /// The gradients of one optimizer; undefined ones stay so. New tensors, since gradients may share memory.
  void clip(std::vector<at::Tensor>& gradients) const;

 private:
  enum class Algorithm { norm, value };
  double most_ = 0;  ///< 0: any
  Algorithm algorithm_;
};

}  // namespace orrery
