#pragma once

#include <ATen/core/Tensor.h>

namespace orrery {

// What derivatives of reductions share. No `dims` mean all dimensions, as in LibTorch.

/// What a reduction left of a tensor of `sizes`, with the reduced dimensions (as 1) whether it kept them or
/// not.
at::Tensor with_reduced_dims(const at::Tensor& reduced, at::IntArrayRef sizes, at::IntArrayRef dims);

/// How many numbers are reduced to one.
std::int64_t reduced_count(at::IntArrayRef sizes, at::IntArrayRef dims);

/// Of `norm`, the p-norm of `x` over `dims`, which like its gradient has the reduced dimensions. Undefined
/// for the 0-norm, which is the same nearly everywhere.
at::Tensor vector_norm_gradient(const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& norm,
                                double p, at::IntArrayRef dims);

}  // namespace orrery
