#include <ATen/ATen.h>

#include "runtime/engine/kernels/attention_heads.h"
#include "runtime/engine/kernels/rule.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

std::optional<at::Tensor> given(const at::Tensor& tensor) {
  return tensor.defined() ? std::optional(tensor) : std::nullopt;
}

Outputs product(const KernelContext& k, double dropout) {
  const Attributes& a = k.attributes;
  const std::optional<double> scale = a.has("scale") ? std::optional(a.real("scale")) : std::nullopt;
  return {at::scaled_dot_product_attention(k.input(0), k.input(1), k.input(2), given(k.input(3)), dropout,
                                           a.boolean("is_causal"), scale, a.boolean("enable_gqa"))};
}

Outputs scaled_dot_product(const KernelContext& k) { return product(k, k.attributes.real("dropout_p")); }

Outputs scaled_dot_product_layer(const KernelContext& k) {
  return product(k, k.training ? k.attributes.real("dropout_p") : 0.0);
}

Outputs multihead(const KernelContext& k) {
  expect_rule("MultiheadAttention", k);
  AttentionHeads heads(k);
  heads.project();
  const double dropout = k.training ? k.attributes.real("dropout") : 0.0;
  if (!k.attributes.boolean("need_weights")) {
    const bool causal = heads.causal_without_mask();
    const at::Tensor mask = causal ? at::Tensor() : heads.joined_mask();
    return {heads.output(
        at::scaled_dot_product_attention(heads.query, heads.key, heads.value, given(mask), dropout, causal))};
  }
  at::Tensor weights = heads.weights();
  if (dropout > 0) weights = at::dropout(weights, dropout, true);
  return {heads.output(at::matmul(weights, heads.value)), heads.shown(weights)};
}

constexpr KernelEntry kAttentionKernels[] = {{"scaled_dot_product_attention", scaled_dot_product},
                                             {"ScaledDotProductAttention", scaled_dot_product_layer},
                                             {"MultiheadAttention", multihead}};

}  // namespace

std::span<const KernelEntry> attention_kernels() { return kAttentionKernels; }

}  // namespace orrery
