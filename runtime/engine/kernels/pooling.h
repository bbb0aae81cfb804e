#pragma once

#include <tuple>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {

/// Values and where in the input they stood.
using PooledPair = std::tuple<at::Tensor, at::Tensor>;

/// PyTorch's default stride is the kernel itself.
const std::vector<std::int64_t>& pooling_stride(const Attributes& attributes);
/// The values, and the places where the option `return_indices` asks for them.
std::vector<at::Tensor> listed_pair(const PooledPair& pair, const Attributes& attributes);
/// Whether LibTorch has no average of three axes for it: half precision on a CPU.
bool too_narrow_to_average(const at::Tensor& x);

// Of 1, 2 or 3 axes.
template <int Axes>
PooledPair max_pool_indexed(const at::Tensor& x, const Attributes& attributes);
template <int Axes>
PooledPair adaptive_max_indexed(const KernelContext& k);
/// Draws where the windows begin. Of 2 or 3 axes.
template <int Axes>
PooledPair fractional_max_indexed(const KernelContext& k);
template <int Axes>
at::Tensor average_pool(const at::Tensor& x, const Attributes& attributes, at::IntArrayRef padding,
                        bool include_pad, std::optional<std::int64_t> divisor);

}  // namespace orrery
