#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

at::OptionalIntArrayRef dims(const Attributes& a) {
  if (!a.has("dim")) return std::nullopt;
  return at::IntArrayRef(a.integers("dim"));
}

Outputs sum(const KernelContext& k) {
  return {
      at::sum(k.input(), dims(k.attributes), k.attributes.boolean("keepdim"), wanted_dtype(k.attributes))};
}

Outputs mean(const KernelContext& k) {
  return {
      at::mean(k.input(), dims(k.attributes), k.attributes.boolean("keepdim"), wanted_dtype(k.attributes))};
}

Outputs argmax(const KernelContext& k) {
  return {at::argmax(k.input(), optional_integer(k.attributes, "dim"), k.attributes.boolean("keepdim"))};
}

constexpr KernelEntry kKernels[] = {{"sum", sum}, {"mean", mean}, {"argmax", argmax}};

}  // namespace

std::span<const KernelEntry> reduction_kernels() { return kKernels; }

}  // namespace orrery
