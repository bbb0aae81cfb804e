#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/options.h"
#include "runtime/engine/tensor_box.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

Outputs expand(const KernelContext& k) { return {k.input().expand(k.sizes("size"))}; }
Outputs expand_as(const KernelContext& k) { return {k.input().expand_as(k.input(1))}; }
Outputs repeat(const KernelContext& k) { return {k.input().repeat(k.sizes("repeats"))}; }
Outputs tile(const KernelContext& k) { return {at::tile(k.input(), k.sizes("dims"))}; }

Outputs repeat_interleave(const KernelContext& k) {
  const auto dim = optional_integer(k.attributes, "dim"),
             size = optional_integer(k.attributes, "output_size");
  if (k.input(1).defined()) return {at::repeat_interleave(k.input(), k.input(1), dim, size)};
  return {at::repeat_interleave(k.input(), k.attributes.integer("repeats"), dim, size)};
}

Outputs flip(const KernelContext& k) { return {at::flip(k.input(), k.attributes.integers("dims"))}; }
Outputs fliplr(const KernelContext& k) { return {at::fliplr(k.input())}; }
Outputs flipud(const KernelContext& k) { return {at::flipud(k.input())}; }

Outputs roll(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::roll(k.input(), a.integers("shifts"),
                   a.has("dims") ? at::IntArrayRef(a.integers("dims")) : at::IntArrayRef())};
}

Outputs rot90(const KernelContext& k) {
  return {at::rot90(k.input(), k.attributes.integer("k"), k.attributes.integers("dims"))};
}

constexpr KernelEntry kShapeSpreadKernels[] = {
    {"expand", expand}, {"broadcast_to", expand}, {"expand_as", expand_as},
    {"repeat", repeat}, {"tile", tile},           {"repeat_interleave", repeat_interleave},
    {"flip", flip},     {"fliplr", fliplr},       {"flipud", flipud},
    {"roll", roll},     {"rot90", rot90},
};

}  // namespace

std::span<const KernelEntry> shape_spread_kernels() { return kShapeSpreadKernels; }

}  // namespace orrery
