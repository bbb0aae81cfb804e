#pragma once

#include "runtime/engine/kernels/kernel.h"

namespace orrery {

/// The kernel of AdaptiveLogSoftmaxWithLoss: the log probability of each label, and the mean loss.
std::vector<at::Tensor> adaptive_log_softmax(const KernelContext& context);

}  // namespace orrery
