#pragma once

#include "runtime/engine/kernels/kernel.h"

namespace orrery {

using TensorIndices = std::vector<std::optional<at::Tensor>>;

/// The indices of `x[…]` from input `first` on, each in the place of its dimension of a tensor of `rank`.
TensorIndices tensor_indices(const KernelContext& k, size_t first, std::int64_t rank);

}  // namespace orrery
