#include "runtime/engine/kernels/indexing_masks.h"

#include <ATen/ATen.h>

#include "runtime/engine/kernels/options.h"

namespace orrery {

TensorIndices tensor_indices(const KernelContext& k, size_t first, std::int64_t rank) {
  const Attributes& a = k.attributes;
  TensorIndices indices;
  std::int64_t dim = 0;
  for (size_t i = first; i < k.inputs.size(); ++i) {
    const at::Tensor& index = k.input(i);
    if (a.has("dims")) {
      const std::int64_t wanted = a.integers("dims").at(i - first);
      dim = wanted < 0 ? wanted + rank : wanted;
    }
    // A mask counts for all its dimensions once it is expanded.
    while (static_cast<std::int64_t>(indices.size()) < dim) indices.push_back(std::nullopt);
    if (index.scalar_type() == at::kBool) {
      for (const at::Tensor& each : index.nonzero_numpy()) indices.push_back(each);
    } else {
      indices.push_back(index);
    }
    dim = static_cast<std::int64_t>(indices.size());
  }
  return indices;
}

namespace {

using Outputs = std::vector<at::Tensor>;
using IndexList = c10::List<std::optional<at::Tensor>>;

Outputs index(const KernelContext& k) {
  return {at::index(k.input(), IndexList(tensor_indices(k, 1, k.input().dim())))};
}

Outputs index_put(const KernelContext& k) {
  return {at::index_put(k.input(), IndexList(tensor_indices(k, 2, k.input().dim())), k.input(1),
                        k.attributes.boolean("accumulate"))};
}

Outputs masked_select(const KernelContext& k) { return {at::masked_select(k.input(), k.input(1))}; }
Outputs masked_scatter(const KernelContext& k) {
  return {at::masked_scatter(k.input(), k.input(1), k.input(2))};
}

Outputs nonzero(const KernelContext& k) {
  if (k.attributes.boolean("as_tuple")) return k.input().nonzero_numpy();
  return {at::nonzero(k.input())};
}
Outputs argwhere(const KernelContext& k) { return {at::argwhere(k.input())}; }

Outputs wanted(const KernelContext& k, std::tuple<at::Tensor, at::Tensor, at::Tensor> found) {
  Outputs outputs = {std::get<0>(found)};
  if (k.attributes.boolean("return_inverse")) outputs.push_back(std::get<1>(found));
  if (k.attributes.boolean("return_counts")) outputs.push_back(std::get<2>(found));
  return outputs;
}

Outputs unique(const KernelContext& k) {
  const Attributes& a = k.attributes;
  const bool sorted = a.boolean("sorted"), inverse = a.boolean("return_inverse"),
             counts = a.boolean("return_counts");
  if (!a.has("dim")) return wanted(k, at::_unique2(k.input(), sorted, inverse, counts));
  return wanted(k, at::unique_dim(k.input(), a.integer("dim"), sorted, inverse, counts));
}

Outputs unique_consecutive(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return wanted(k, at::unique_consecutive(k.input(), a.boolean("return_inverse"), a.boolean("return_counts"),
                                          optional_integer(a, "dim")));
}

Outputs one_hot(const KernelContext& k) {
  return {at::one_hot(k.input(), k.attributes.integer("num_classes"))};
}

constexpr KernelEntry kIndexingMasksKernels[] = {
    {"index", index},
    {"index_put", index_put},
    {"masked_select", masked_select},
    {"masked_scatter", masked_scatter},
    {"nonzero", nonzero},
    {"argwhere", argwhere},
    {"unique", unique},
    {"unique_consecutive", unique_consecutive},
    {"one_hot", one_hot},
};

}  // namespace

std::span<const KernelEntry> indexing_mask_kernels() { return kIndexingMasksKernels; }

}  // namespace orrery
