#include "runtime/engine/kernels/derivatives/reductions.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/WrapDimUtils.h>

namespace orrery {
namespace {

std::vector<std::int64_t> sizes_with_ones(at::IntArrayRef sizes, at::IntArrayRef dims) {
  if (dims.empty() || sizes.empty()) return std::vector<std::int64_t>(sizes.size(), 1);
  std::vector<std::int64_t> result = sizes.vec();
  for (const std::int64_t dim : dims)
    result[static_cast<size_t>(at::maybe_wrap_dim(dim, static_cast<std::int64_t>(sizes.size())))] = 1;
  return result;
}

// The largest or smallest magnitudes share the gradient evenly.
at::Tensor extreme_norm_gradient(const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& norm,
                                 at::IntArrayRef dims) {
  const at::Tensor is_extreme = (x.abs() == norm).logical_or(x.isnan().logical_and(norm.isnan()));
  return x.sgn() * ((gradient / is_extreme.sum(dims, /*keepdim=*/true)) * is_extreme);
}

}  // namespace

at::Tensor with_reduced_dims(const at::Tensor& reduced, at::IntArrayRef sizes, at::IntArrayRef dims) {
  return reduced.reshape(sizes_with_ones(sizes, dims));
}

std::int64_t reduced_count(at::IntArrayRef sizes, at::IntArrayRef dims) {
  const std::vector<std::int64_t> left = sizes_with_ones(sizes, dims);
  std::int64_t count = 1;
  for (size_t dim = 0; dim < sizes.size(); ++dim)
    if (left[dim] != sizes[dim]) count *= sizes[dim];
  return count;
}

at::Tensor vector_norm_gradient(const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& norm,
                                double p, at::IntArrayRef dims) {
  if (p == 0) return {};
  if (p == 1) return x.sgn() * gradient;
  if (p == 2) return gradient * (x / norm).masked_fill_(norm == 0, 0);
  if (std::isinf(p)) return extreme_norm_gradient(gradient, x, norm, dims);
  if (p < 1) return x.sgn() * x.abs().pow_(p - 1).masked_fill_(x == 0, 0) * gradient * norm.pow(1 - p);
  const at::Tensor powers = p < 2 ? x.sgn() * x.abs().pow_(p - 1) : x * x.abs().pow_(p - 2);
  return powers * (gradient / norm.pow(p - 1)).masked_fill_(norm == 0, 0);
}

}  // namespace orrery
