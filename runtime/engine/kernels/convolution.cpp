#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

Outputs conv2d(const KernelContext& k) {
  const Attributes& a = k.attributes;
  const at::Tensor& weight = k.parameter("weight");
  const at::Tensor& bias = k.parameter("bias");
  const auto& stride = a.integers("stride");
  const auto& dilation = a.integers("dilation");
  const std::int64_t groups = a.integer("groups");
  if (a.is_text("padding")) return {at::conv2d(k.input(), weight, bias, stride, a.text("padding"), dilation, groups)};
  return {at::conv2d(k.input(), weight, bias, stride, a.integers("padding"), dilation, groups)};
}

constexpr KernelEntry kKernels[] = {{"Conv2d", conv2d}};

}  // namespace

std::span<const KernelEntry> convolution_kernels() { return kKernels; }

}  // namespace orrery
