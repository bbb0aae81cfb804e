#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

// torch.nn.functional.pad wants the last dimension first; `same` puts the odd one behind, as PyTorch does.
std::vector<std::int64_t> border(const Attributes& a) {
  std::vector<std::int64_t> sides;
  const auto& kernel = a.integers("kernel_size");
  const auto& dilation = a.integers("dilation");
  for (size_t i = kernel.size(); i-- > 0;) {
    std::int64_t before = 0, after = 0;
    if (!a.is_text("padding")) {
      before = after = a.integers("padding")[i];
    } else if (a.text("padding") == "same") {
      const std::int64_t total = dilation[i] * (kernel[i] - 1);
      before = total / 2;
      after = total - before;
    }
    sides.insert(sides.end(), {before, after});
  }
  return sides;
}

Outputs conv2d(const KernelContext& k) {
  const Attributes& a = k.attributes;
  const at::Tensor& weight = k.parameter("weight");
  const at::Tensor& bias = k.parameter("bias");
  const auto& stride = a.integers("stride");
  const auto& dilation = a.integers("dilation");
  const std::int64_t groups = a.integer("groups");
  if (a.text("padding_mode") != "zeros") {
    const at::Tensor padded = at::pad(k.input(), border(a), a.text("padding_mode"));
    return {at::conv2d(padded, weight, bias, stride, at::IntArrayRef({0, 0}), dilation, groups)};
  }
  if (a.is_text("padding")) return {at::conv2d(k.input(), weight, bias, stride, a.text("padding"), dilation, groups)};
  return {at::conv2d(k.input(), weight, bias, stride, a.integers("padding"), dilation, groups)};
}

constexpr KernelEntry kKernels[] = {{"Conv2d", conv2d}};

}  // namespace

std::span<const KernelEntry> convolution_kernels() { return kKernels; }

}  // namespace orrery
