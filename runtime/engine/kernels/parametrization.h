#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/graph/parametrization.h"

namespace orrery {

/// The tensor that the parts give, recorded by autograd when gradients are on. While training,
/// spectral_norm improves its estimate in place first. `parts` as in the parametrization.
at::Tensor compute_parametrization(const Parametrization& parametrization,
                                   const std::vector<at::Tensor>& parts, bool training);

/// Gives the parts their first values: the own one holds the tensor as it was, and what they give then is
/// that tensor (weight_norm), or the nearest one that the rule can give. Draws as PyTorch does when it
/// registers one. Without gradients; inside a turn.
void start_parametrization(const Parametrization& parametrization, const std::vector<at::Tensor>& parts);

}  // namespace orrery
