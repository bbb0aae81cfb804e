#pragma once

#include "runtime/engine/kernels/derivative.h"

namespace orrery {

/// The gradient of an adaptive average over the last `axes` axes of an input of these sizes.
at::Tensor adaptive_average_backward(const at::Tensor& gradient, at::IntArrayRef sizes, int axes);

}  // namespace orrery
