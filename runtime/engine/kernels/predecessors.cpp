#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

// One number for each channel, in front of height and width.
at::Tensor per_channel(const at::Tensor& like, const std::vector<double>& numbers) {
  return at::tensor(numbers, at::kDouble).to(like.options()).reshape({-1, 1, 1});
}

Outputs normalize(const KernelContext& k) {
  const at::Tensor& x = k.input();
  return {(x - per_channel(x, k.attributes.reals("mean"))) / per_channel(x, k.attributes.reals("std"))};
}

Outputs clamp_data(const KernelContext& k) {
  return {at::clamp(k.input(), k.attributes.real("min"), k.attributes.real("max"))};
}

Outputs gram_matrix(const KernelContext& k) {
  const at::Tensor& x = k.input();
  const at::Tensor features = x.reshape({x.size(0) * x.size(1), x.size(2) * x.size(3)});
  return {at::mm(features, features.t()) / x.numel()};
}

Outputs adder(const KernelContext& k) {
  at::Tensor sum = k.input();
  for (const at::Tensor& next : k.inputs.subspan(1)) sum = sum + next;
  return {sum};
}

constexpr KernelEntry kPredecessorsKernels[] = {
    {"Normalize", normalize}, {"ClampData", clamp_data}, {"GetGramMatrix", gram_matrix}, {"Adder", adder}};

}  // namespace

std::span<const KernelEntry> predecessor_kernels() { return kPredecessorsKernels; }

}  // namespace orrery
