#pragma once

#include "runtime/engine/kernels/derivative.h"

namespace orrery {

/// Both gradients of at::matmul(left, right); each undefined where `wanted` says no.
std::pair<at::Tensor, at::Tensor> matmul_gradients(const at::Tensor& gradient, const at::Tensor& left,
                                                   const at::Tensor& right, bool wants_left,
                                                   bool wants_right);

/// Of every operation that is at::matmul for the ranks it takes. Reads its inputs.
std::vector<at::Tensor> matmul_backward(const DerivativeContext& d);

}  // namespace orrery
