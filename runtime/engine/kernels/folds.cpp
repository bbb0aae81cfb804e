#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

Outputs unfold(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::im2col(k.input(), a.integers("kernel_size"), a.integers("dilation"), a.integers("padding"),
                     a.integers("stride"))};
}

Outputs fold(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::col2im(k.input(), a.integers("output_size"), a.integers("kernel_size"), a.integers("dilation"),
                     a.integers("padding"), a.integers("stride"))};
}

Outputs windows(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {k.input().unfold(a.integer("dimension"), a.integer("size"), a.integer("step"))};
}

constexpr KernelEntry kFoldsKernels[] = {
    {"Unfold", unfold}, {"Fold", fold}, {"fold", fold}, {"unfold", windows}};

}  // namespace

std::span<const KernelEntry> fold_kernels() { return kFoldsKernels; }

}  // namespace orrery
