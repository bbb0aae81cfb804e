#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

Outputs linear(const KernelContext& k) {
  return {at::linear(k.input(), k.parameter("weight"), k.parameter("bias"))};
}

Outputs bilinear(const KernelContext& k) {
  return {at::bilinear(k.input(0), k.input(1), k.parameter("weight"), k.parameter("bias"))};
}

Outputs identity(const KernelContext& k) { return {k.input()}; }

constexpr KernelEntry kLinearKernels[] = {{"Linear", linear}, {"Bilinear", bilinear}, {"Identity", identity}};

}  // namespace

std::span<const KernelEntry> linear_kernels() { return kLinearKernels; }

}  // namespace orrery
