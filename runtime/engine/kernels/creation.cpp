#include <ATen/ATen.h>

#include "runtime/engine/kernels/operands.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

Outputs zeros(const KernelContext& k) { return {at::zeros(k.sizes("size"), made_options(k))}; }
Outputs ones(const KernelContext& k) { return {at::ones(k.sizes("size"), made_options(k))}; }

Outputs full(const KernelContext& k) {
  return {at::full(k.sizes("size"), number(k.attributes, "fill_value"), made_options(k))};
}

Outputs arange(const KernelContext& k) {
  const auto range = k.sizes("range");
  if (range.size() == 1) return {at::arange(range.at(0), made_options(k))};
  return {at::arange(range.at(0), range.at(1), range.size() > 2 ? range[2] : 1, made_options(k))};
}

Outputs linspace(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::linspace(a.real("start"), a.real("end"), a.integer("steps"), made_options(k))};
}

Outputs eye(const KernelContext& k) {
  const std::int64_t rows = k.sizes("n").at(0);
  return {at::eye(rows, k.attributes.has("m") ? k.sizes("m").at(0) : rows, made_options(k))};
}

Outputs zeros_like(const KernelContext& k) { return {at::zeros_like(k.input(), like_input(k))}; }
Outputs ones_like(const KernelContext& k) { return {at::ones_like(k.input(), like_input(k))}; }

Outputs full_like(const KernelContext& k) {
  return {at::full_like(k.input(), number(k.attributes, "fill_value"), like_input(k))};
}

constexpr KernelEntry kCreationKernels[] = {
    {"zeros", zeros},           {"ones", ones},           {"full", full},
    {"arange", arange},         {"linspace", linspace},   {"eye", eye},
    {"zeros_like", zeros_like}, {"ones_like", ones_like}, {"full_like", full_like},
};

}  // namespace

std::span<const KernelEntry> creation_kernels() { return kCreationKernels; }

}  // namespace orrery
