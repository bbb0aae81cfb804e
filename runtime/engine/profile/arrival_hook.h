#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include <ATen/core/Tensor.h>

namespace orrery {

/// Is told when autograd is about to compute a node's derivative.
class ArrivalListener {
 public:
  virtual ~ArrivalListener() = default;
  /// `step`: as it was when the hook was made.
  virtual void gradients_arrive(std::int64_t step, int node, std::span<const at::Tensor> gradients) = 0;
};

/// Has the listener told, once for each function that autograd recorded for a node's outputs; functions that
/// its inputs have already are of nodes before it (a view's).
void await_gradients(const std::shared_ptr<ArrivalListener>& listener, std::int64_t step, int node,
                     std::span<const at::Tensor> inputs, std::span<const at::Tensor> outputs);

}  // namespace orrery
