#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/kernels/derivative.h"

namespace orrery {

/// One call of an operation and what its gradients need: by the operation's rule where it has one that covers
/// the call, else by LibTorch's autograd, for this call alone. Gradients are computed without recording
/// either way. The attributes, descriptor, symbols and values of the context outlive the call. Used by one
/// thread.
class TapedCall {
 public:
  using Compute = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)>;

  /// `owned`: the tensors of the layer that gradients may be asked for; without parametrizations what
  /// `context.parameters` is. `wanted`: for which of the inputs, then of `owned`, gradients will be asked
  /// for. REQUIRES: gradient mode is off, but for parameters that a parametrization computed.
  std::vector<at::Tensor> forward(const KernelContext& context, std::vector<at::Tensor> owned,
                                  std::vector<bool> wanted);

  /// The same of several operations that are taken as one: `compute` gives their results from `inputs`, and
  /// LibTorch's autograd records what it does.
  std::vector<at::Tensor> record(std::vector<at::Tensor> inputs, std::vector<at::Tensor> owned,
                                 const std::vector<bool>& wanted, const Compute& compute);

  /// Whether autograd computes the gradients.
  bool recorded() const { return !rule_; }

  /// Lets go of all tensors: `forward` comes before the next `backward`.
  void release();

  /// From the gradients of the outputs (undefined: zero) those asked for; undefined where autograd has none.
  /// `keep`: it will be asked again; else all is released.
  std::vector<at::Tensor> backward(const std::vector<at::Tensor>& gradients, const std::vector<bool>& wanted,
                                   bool keep);

 private:
  std::vector<at::Tensor> forward_by_rule(const KernelContext& context);
  std::vector<at::Tensor> forward_recorded(const KernelContext& context, std::vector<at::Tensor> owned,
                                           const std::vector<bool>& wanted);
  std::vector<at::Tensor> backward_by_rule(const std::vector<at::Tensor>& gradients,
                                           const std::vector<bool>& wanted) const;
  std::vector<at::Tensor> backward_recorded(const std::vector<at::Tensor>& gradients,
                                            const std::vector<bool>& wanted, bool keep) const;
  KernelContext context(const KernelContext& like) const;
  at::Tensor zeros(size_t place) const;

  struct Recording;

  const DerivativeEntry* rule_ = nullptr;
  std::vector<at::Tensor> inputs_;  ///< those that the rule reads
  std::vector<at::Tensor> owned_;
  std::vector<at::Tensor> outputs_;  ///< where the rule reads them
  std::shared_ptr<const Recording> recording_;
  std::vector<at::Tensor> kept_;
  std::vector<TensorLike> like_;
  std::vector<KernelContext> call_;  ///< one, once there was a forward pass
};

}  // namespace orrery
