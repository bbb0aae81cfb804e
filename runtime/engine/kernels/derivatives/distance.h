#pragma once

#include <ATen/core/Tensor.h>

namespace orrery {

/// The gradient of the p-norms along the last dimension. `gradient` and `norms` have size 1 there.
at::Tensor last_norm_gradient(const at::Tensor& gradient, const at::Tensor& vectors, const at::Tensor& norms,
                              double p);

}  // namespace orrery
