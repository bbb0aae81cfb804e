#pragma once

#include "runtime/engine/kernels/derivative.h"

namespace orrery {

/// The gradient of each loss before the reduction: of the only output, spread over `sizes`.
at::Tensor spread_loss_gradient(const DerivativeContext& d, at::IntArrayRef sizes);

// Losses of labels among classes.
Kept cross_entropy_keeping(const KernelContext& k);
std::vector<at::Tensor> cross_entropy_backward(const DerivativeContext& d);
Kept nll_keeping(const KernelContext& k);
std::vector<at::Tensor> nll_backward(const DerivativeContext& d);
std::vector<at::Tensor> multi_margin_backward(const DerivativeContext& d);
Kept multilabel_margin_keeping(const KernelContext& k);
std::vector<at::Tensor> multilabel_margin_backward(const DerivativeContext& d);
std::vector<at::Tensor> multilabel_soft_margin_backward(const DerivativeContext& d);

bool is_ctc_on_cpu(const KernelContext& k);
Kept ctc_keeping(const KernelContext& k);
std::vector<at::Tensor> ctc_backward(const DerivativeContext& d);

// Losses of pairs of vectors.
std::vector<at::Tensor> margin_ranking_backward(const DerivativeContext& d);
std::vector<at::Tensor> cosine_embedding_backward(const DerivativeContext& d);
std::vector<at::Tensor> triplet_margin_backward(const DerivativeContext& d);

}  // namespace orrery
