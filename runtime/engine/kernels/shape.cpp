#include <algorithm>

#include <ATen/ATen.h>

#include "runtime/engine/device.h"
#include "runtime/engine/kernels/operands.h"
#include "runtime/engine/kernels/options.h"
#include "runtime/engine/tensor_box.h"

namespace orrery {
namespace {

// A view where the layout allows one, a copy else: both of PyTorch's words mean that here.
Outputs reshape(const KernelContext& k) { return {at::reshape(k.input(), k.sizes("shape"))}; }

Outputs flatten(const KernelContext& k) {
  return {at::flatten(k.input(), k.attributes.integer("start_dim"), k.attributes.integer("end_dim"))};
}

Outputs unflatten(const KernelContext& k) {
  return {at::unflatten(k.input(), k.attributes.integer("dim"), k.sizes("sizes"))};
}

Outputs unflatten_layer(const KernelContext& k) {
  return {at::unflatten(k.input(), k.attributes.integer("dim"), k.sizes("unflattened_size"))};
}

Outputs permute(const KernelContext& k) { return {at::permute(k.input(), k.attributes.integers("dims"))}; }

Outputs transpose(const KernelContext& k) {
  return {at::transpose(k.input(), k.attributes.integer("dim0"), k.attributes.integer("dim1"))};
}

// Of the dimensions asked for those that the shape rule knew to be 1: a symbol keeps its place, also in the
// batch of a single sample.
std::vector<std::int64_t> known_ones(const KernelContext& k) {
  const Shape& shape = k.values[0].shape();
  const auto rank = static_cast<std::int64_t>(shape.size());
  const auto chosen = [&](std::int64_t dim) {
    if (!k.attributes.has("dim")) return true;
    const std::vector<std::int64_t>& dims = k.attributes.integers("dim");
    return std::ranges::any_of(dims, [&](std::int64_t d) { return d == dim || d + rank == dim; });
  };
  std::vector<std::int64_t> ones;
  for (std::int64_t dim = 0; dim < rank; ++dim)
    if (chosen(dim) && shape[static_cast<size_t>(dim)] == Dim(1)) ones.push_back(dim);
  return ones;
}

Outputs squeeze(const KernelContext& k) {
  if (!k.values.empty()) return {at::squeeze(k.input(), known_ones(k))};
  if (!k.attributes.has("dim")) return {at::squeeze(k.input())};
  return {at::squeeze(k.input(), k.attributes.integers("dim"))};
}

Outputs unsqueeze(const KernelContext& k) { return {at::unsqueeze(k.input(), k.attributes.integer("dim"))}; }

Outputs detach(const KernelContext& k) { return {k.input().detach()}; }
Outputs to(const KernelContext& k) {
  const bool moves = k.attributes.has("device");
  const at::Tensor x = moves ? k.input().to(device_from_name(k.attributes.text("device"))) : k.input();
  if (moves && !k.attributes.has("dtype")) return {x};
  return {x.to(scalar_type(k.attributes.dtype("dtype")))};
}

constexpr KernelEntry kShapeKernels[] = {
    {"reshape", reshape},     {"view", reshape},        {"flatten", flatten},
    {"Flatten", flatten},     {"unflatten", unflatten}, {"Unflatten", unflatten_layer},
    {"permute", permute},     {"transpose", transpose}, {"squeeze", squeeze},
    {"unsqueeze", unsqueeze}, {"detach", detach},       {"to", to},
};

}  // namespace

std::span<const KernelEntry> shape_kernels() { return kShapeKernels; }

}  // namespace orrery
