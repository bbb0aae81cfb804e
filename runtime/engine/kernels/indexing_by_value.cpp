#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

std::int64_t dim(const KernelContext& k) { return k.attributes.integer("dim"); }

Outputs gather(const KernelContext& k) { return {at::gather(k.input(), dim(k), k.input(1))}; }
Outputs index_select(const KernelContext& k) { return {at::index_select(k.input(), dim(k), k.input(1))}; }

Outputs scatter(const KernelContext& k) {
  const bool reduces = k.attributes.has("reduce");
  if (k.input(2).defined()) {
    if (!reduces) return {at::scatter(k.input(), dim(k), k.input(1), k.input(2))};
    return {at::scatter(k.input(), dim(k), k.input(1), k.input(2), k.attributes.text("reduce"))};
  }
  const at::Scalar value = number(k.attributes, "src");
  if (!reduces) return {at::scatter(k.input(), dim(k), k.input(1), value)};
  return {at::scatter(k.input(), dim(k), k.input(1), value, k.attributes.text("reduce"))};
}

Outputs scatter_add(const KernelContext& k) {
  return {at::scatter_add(k.input(), dim(k), k.input(1), k.input(2))};
}

Outputs scatter_reduce(const KernelContext& k) {
  return {at::scatter_reduce(k.input(), dim(k), k.input(1), k.input(2), k.attributes.text("reduce"),
                             k.attributes.boolean("include_self"))};
}

Outputs index_add(const KernelContext& k) {
  return {at::index_add(k.input(), dim(k), k.input(1), k.input(2), number(k.attributes, "alpha"))};
}

Outputs index_copy(const KernelContext& k) {
  return {at::index_copy(k.input(), dim(k), k.input(1), k.input(2))};
}

Outputs index_fill(const KernelContext& k) {
  if (k.input(2).defined()) return {at::index_fill(k.input(), dim(k), k.input(1), k.input(2))};
  return {at::index_fill(k.input(), dim(k), k.input(1), number(k.attributes, "value"))};
}

Outputs take(const KernelContext& k) { return {at::take(k.input(), k.input(1))}; }

Outputs take_along_dim(const KernelContext& k) {
  return {at::take_along_dim(k.input(), k.input(1), optional_integer(k.attributes, "dim"))};
}

Outputs select_scatter(const KernelContext& k) {
  return {at::select_scatter(k.input(), k.input(1), dim(k), k.attributes.integer("index"))};
}

Outputs slice_scatter(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::slice_scatter(k.input(), k.input(1), dim(k), optional_integer(a, "start"),
                            optional_integer(a, "end"), a.integer("step"))};
}

constexpr KernelEntry kIndexingByValueKernels[] = {
    {"gather", gather},
    {"index_select", index_select},
    {"scatter", scatter},
    {"scatter_add", scatter_add},
    {"scatter_reduce", scatter_reduce},
    {"index_add", index_add},
    {"index_copy", index_copy},
    {"index_fill", index_fill},
    {"take", take},
    {"take_along_dim", take_along_dim},
    {"select_scatter", select_scatter},
    {"slice_scatter", slice_scatter},
};

}  // namespace

std::span<const KernelEntry> indexing_by_value_kernels() { return kIndexingByValueKernels; }

}  // namespace orrery
