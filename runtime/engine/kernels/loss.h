#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {

/// LibTorch's number of the option `reduction`; a sum for `batchmean`, which is divided afterwards.
std::int64_t loss_reduction(const Attributes& attributes);

/// The weights of that name: a buffer of the layer or, of the function, the input at `port`. In the dtype of
/// the first input and without a gradient; undefined when there are none.
at::Tensor loss_weights(const KernelContext& k, std::string_view name, size_t port);

/// Both inputs in the dtype that they have together: LibTorch's gradients want one, though its forward does
/// not.
std::pair<at::Tensor, at::Tensor> joined_operands(const KernelContext& k);

at::Tensor target_like_input(const KernelContext& k);

/// The variances of GaussianNLLLoss, raised to `eps` and spread along `like`; fails (Fault::run) when one is
/// negative. Gradients flow as if they had not been raised.
at::Tensor gaussian_variances(const KernelContext& k);

/// Throws `std::out_of_range` naming the first label that is no class; LibTorch does not tell how many
/// classes there are.
void refuse_labels(const KernelContext& k);

/// The result of a loss of labels, which refuses those that are no classes in words.
template <class Loss>
auto of_classes(const KernelContext& k, Loss loss) {
  try {
    return loss();
  } catch (const c10::IndexError&) {
    refuse_labels(k);
    throw;
  }
}

}  // namespace orrery
