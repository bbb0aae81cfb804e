#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

Outputs matmul(const KernelContext& k) { return {at::matmul(k.input(0), k.input(1))}; }

constexpr KernelEntry kMatrixKernels[] = {{"matmul", matmul}};

}  // namespace

std::span<const KernelEntry> matrix_kernels() { return kMatrixKernels; }

}  // namespace orrery
