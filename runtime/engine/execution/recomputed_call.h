#pragma once

#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

namespace orrery {

/// Part of a forward pass that was computed without recording, for autograd: what it read and how it is
/// computed again.
struct RecomputedCall {
  std::vector<at::Tensor> reads;
  std::vector<bool> overwritten;  ///< beside `reads`: each computation gets its own copy
  std::vector<size_t> uses;       ///< places in `reads`, in the order in which the steps read them
  std::vector<at::Tensor> parameters;
  std::vector<size_t> weights;  ///< the same of `parameters`
  std::vector<at::Tensor> gives;
  std::vector<bool> recorded;  ///< beside `gives`: a gradient comes back
  /// From a tensor per use of `reads` and of `parameters` the tensors of `gives`, recorded. Called on a
  /// thread of autograd, within its backward pass; may be called several times.
  std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&, const std::vector<at::Tensor>&)>
      again;
};

/// Gives `gives`, whose gradients autograd takes by computing all again. As where it has recorded: each use
/// hands on its own gradient, in the same order; what was changed in place since then, or let go by an
/// earlier backward pass, is refused; gradients of gradients are possible.
std::vector<at::Tensor> record_recomputed(RecomputedCall call);

}  // namespace orrery
