#pragma once

#include "runtime/engine/kernels/derivative.h"

namespace orrery {

// Rules that several families share. All of them read nothing of the forward pass.

/// Of copies, conversions and expansions of the first input.
std::vector<at::Tensor> fitted_gradient(const DerivativeContext& d);

/// Of operations that only give the first input other sizes.
std::vector<at::Tensor> reshaped_gradient(const DerivativeContext& d);

/// Of operations whose outputs are views of the first input, which may overlap: each gradient is added to its
/// place in zeros.
std::vector<at::Tensor> placed_gradients(const DerivativeContext& d);

}  // namespace orrery
