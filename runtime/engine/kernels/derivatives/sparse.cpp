#include "runtime/engine/kernels/sparse.h"

#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivative.h"

namespace orrery {
namespace {

std::vector<at::Tensor> embedding_backward(const DerivativeContext& d) {
  at::Tensor of_weight;
  if (d.wants_parameter("weight"))
    of_weight =
        at::embedding_backward(d.gradient(), d.call.input(), d.call.parameter("weight").size(0),
                               padding_row(d.call), d.call.attributes.boolean("scale_grad_by_freq"), false);
  return d.result({}, {{"weight", of_weight}});
}

Kept embedding_bag_keeping(const KernelContext& k) {
  const Bags bags = bags_of(k);
  prepare_rows(k, bags.indices);
  const auto [output, places, sizes, largest] = at::_embedding_bag(
      k.parameter("weight"), bags.indices, bags.offsets, k.attributes.boolean("scale_grad_by_freq"),
      bags.mode, false, bags.weights, bags.ends, padding_row(k));
  return {{output}, {places, sizes, largest}};
}

std::vector<at::Tensor> embedding_bag_backward(const DerivativeContext& d) {
  const Bags bags = bags_of(d.call);
  const at::Tensor& weight = d.call.parameter("weight");
  const std::int64_t padding = padding_row(d.call);
  at::Tensor of_weight, of_weights;
  if (d.wants_parameter("weight"))
    of_weight = at::_embedding_bag_backward(
        d.gradient(), bags.indices, bags.offsets, d.kept[0], d.kept[1], d.kept[2], weight.size(0),
        d.call.attributes.boolean("scale_grad_by_freq"), bags.mode, false, bags.weights, padding);
  if (d.wants(2))
    of_weights = at::_embedding_bag_per_sample_weights_backward(d.gradient(), weight, bags.indices,
                                                                bags.offsets, d.kept[0], bags.mode, padding)
                     .view(d.sizes(2));
  return d.result({{}, {}, of_weights}, {{"weight", of_weight}});
}

constexpr DerivativeEntry kSparseDerivatives[] = {
    {"Embedding", embedding_backward, {.inputs = 1}},
    {"EmbeddingBag", embedding_bag_backward, {.inputs = kAllInputs}, embedding_bag_keeping}};

}  // namespace

std::span<const DerivativeEntry> sparse_derivatives() { return kSparseDerivatives; }

}  // namespace orrery
