#pragma once

#include <ATen/core/Tensor.h>

#include "runtime/graph/parameter.h"

namespace orrery {

/// Updates parameters within the backward pass, each as soon as its gradient is complete and nobody reads its
/// value any more: the gradient is let go of then.
class UpdateSink {
 public:
  virtual ~UpdateSink() = default;

  /// Whether it is this parameter's turn so early; the same answer in each step. The gradients of others are
  /// gathered.
  virtual bool takes(const Parameter& parameter) const = 0;
  /// Changes the parameter's tensor in place. The gradient is of its shape and dtype, and may share memory
  /// with others: it is not written to.
  virtual void update(const Parameter& parameter, const at::Tensor& gradient) = 0;
};

}  // namespace orrery
