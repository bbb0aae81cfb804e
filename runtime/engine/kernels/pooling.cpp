#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

// PyTorch's default stride is the kernel itself.
const std::vector<std::int64_t>& stride(const Attributes& a) {
  return a.integers(a.has("stride") ? "stride" : "kernel_size");
}

Outputs max_pool2d(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::max_pool2d(k.input(), a.integers("kernel_size"), stride(a), a.integers("padding"),
                         a.integers("dilation"), a.boolean("ceil_mode"))};
}

Outputs avg_pool2d(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::avg_pool2d(k.input(), a.integers("kernel_size"), stride(a), a.integers("padding"),
                         a.boolean("ceil_mode"), a.boolean("count_include_pad"),
                         optional_integer(a, "divisor_override"))};
}

Outputs adaptive_avg_pool2d(const KernelContext& k) {
  return {at::adaptive_avg_pool2d(k.input(), k.attributes.integers("output_size"))};
}

constexpr KernelEntry kKernels[] = {
    {"MaxPool2d", max_pool2d}, {"AvgPool2d", avg_pool2d}, {"AdaptiveAvgPool2d", adaptive_avg_pool2d}};

}  // namespace

std::span<const KernelEntry> pooling_kernels() { return kKernels; }

}  // namespace orrery
