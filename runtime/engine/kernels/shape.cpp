#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/tensor_box.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

// A view where the layout allows one, a copy else: both of PyTorch's words mean that here.
Outputs reshape(const KernelContext& k) { return {at::reshape(k.input(), k.sizes("shape"))}; }

Outputs flatten(const KernelContext& k) {
  return {at::flatten(k.input(), k.attributes.integer("start_dim"), k.attributes.integer("end_dim"))};
}

Outputs unflatten(const KernelContext& k) {
  return {at::unflatten(k.input(), k.attributes.integer("dim"), k.sizes("sizes"))};
}

Outputs permute(const KernelContext& k) { return {at::permute(k.input(), k.attributes.integers("dims"))}; }

Outputs transpose(const KernelContext& k) {
  return {at::transpose(k.input(), k.attributes.integer("dim0"), k.attributes.integer("dim1"))};
}

Outputs squeeze(const KernelContext& k) {
  if (!k.attributes.has("dim")) return {at::squeeze(k.input())};
  return {at::squeeze(k.input(), k.attributes.integers("dim"))};
}

Outputs unsqueeze(const KernelContext& k) { return {at::unsqueeze(k.input(), k.attributes.integer("dim"))}; }

at::TensorList all_inputs(const KernelContext& k) { return {k.inputs.data(), k.inputs.size()}; }

Outputs cat(const KernelContext& k) { return {at::cat(all_inputs(k), k.attributes.integer("dim"))}; }
Outputs stack(const KernelContext& k) { return {at::stack(all_inputs(k), k.attributes.integer("dim"))}; }
Outputs detach(const KernelContext& k) { return {k.input().detach()}; }
Outputs to(const KernelContext& k) { return {k.input().to(scalar_type(k.attributes.dtype("dtype")))}; }

constexpr KernelEntry kKernels[] = {
    {"reshape", reshape},
    {"view", reshape},
    {"flatten", flatten},
    {"Flatten", flatten},
    {"unflatten", unflatten},
    {"permute", permute},
    {"transpose", transpose},
    {"squeeze", squeeze},
    {"unsqueeze", unsqueeze},
    {"cat", cat},
    {"stack", stack},
    {"detach", detach},
    {"to", to},
};

}  // namespace

std::span<const KernelEntry> shape_kernels() { return kKernels; }

}  // namespace orrery
