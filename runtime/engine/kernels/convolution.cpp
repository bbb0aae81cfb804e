#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

// oneDNN reads beyond its input in half precision where a window lies in the padding altogether
// (LibTorch 2.11, a processor with AMX): the border is added before the call then.
bool windows_in_padding(const at::Tensor& input, const Attributes& a) {
  if (input.scalar_type() != at::kHalf && input.scalar_type() != at::kBFloat16) return false;
  const auto& padding = a.integers("padding");
  for (size_t i = 0; i < padding.size(); ++i) {
    if (padding[i] > a.integers("dilation")[i] * (a.integers("kernel_size")[i] - 1)) return true;
  }
  return false;
}

Outputs conv2d(const KernelContext& k) {
  const Attributes& a = k.attributes;
  const at::Tensor& weight = k.parameter("weight");
  const at::Tensor& bias = k.parameter("bias");
  const auto& stride = a.integers("stride");
  const auto& dilation = a.integers("dilation");
  const std::int64_t groups = a.integer("groups");
  if (a.is_text("padding"))
    return {at::conv2d(k.input(), weight, bias, stride, a.text("padding"), dilation, groups)};
  const auto& padding = a.integers("padding");
  if (!windows_in_padding(k.input(), a))
    return {at::conv2d(k.input(), weight, bias, stride, padding, dilation, groups)};
  const at::Tensor bordered =
      at::constant_pad_nd(k.input(), {padding[1], padding[1], padding[0], padding[0]});
  return {at::conv2d(bordered, weight, bias, stride, at::IntArrayRef({0, 0}), dilation, groups)};
}

constexpr KernelEntry kKernels[] = {{"Conv2d", conv2d}};

}  // namespace

std::span<const KernelEntry> convolution_kernels() { return kKernels; }

}  // namespace orrery
