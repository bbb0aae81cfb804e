#include "runtime/engine/kernels/attention_heads.h"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>

namespace orrery {

AttentionHeads::AttentionHeads(const KernelContext& k)
    : k_(k),
      heads_(k.attributes.integer("num_heads")),
      batched_(k.input(0).dim() == 3),
      batch_first_(batched_ && k.attributes.boolean("batch_first")) {}

at::Tensor AttentionHeads::inward(const at::Tensor& sequence) const {
  if (!batched_) return sequence.unsqueeze(1);
  return batch_first_ ? sequence.transpose(0, 1) : sequence;
}

at::Tensor AttentionHeads::outward(const at::Tensor& sequence) const {
  if (!batched_) return sequence.squeeze(1);
  return batch_first_ ? sequence.transpose(0, 1) : sequence;
}

at::Tensor AttentionHeads::split(const at::Tensor& sequence) const {
  return sequence.reshape({sequence.size(0), sequence.size(1), heads_, -1}).permute({1, 2, 0, 3});
}

at::Tensor AttentionHeads::joined(const at::Tensor& heads) const {
  return heads.permute({2, 0, 1, 3}).flatten(2);
}

at::Tensor AttentionHeads::projection_weight(size_t port) const {
  const at::Tensor& all = k_.parameter("in_proj_weight");
  return all.defined() ? all.chunk(3)[port] : k_.parameter(kProjectionNames[port]);
}

at::Tensor AttentionHeads::projection_bias(size_t port) const {
  const at::Tensor& all = k_.parameter("in_proj_bias");
  return all.defined() ? all.chunk(3)[port] : at::Tensor();
}

at::Tensor AttentionHeads::projected(size_t port) const {
  return at::linear(inward(k_.input(port)), projection_weight(port), projection_bias(port));
}

std::int64_t AttentionHeads::appended() const {
  return (k_.attributes.boolean("add_bias_kv") ? 1 : 0) + (k_.attributes.boolean("add_zero_attn") ? 1 : 0);
}

at::Tensor AttentionHeads::with_appended(at::Tensor sequence, std::string_view learned) const {
  if (k_.attributes.boolean("add_bias_kv"))
    sequence = at::cat({sequence, k_.parameter(learned).expand({1, sequence.size(1), -1})});
  if (k_.attributes.boolean("add_zero_attn"))
    sequence = at::cat({sequence, at::zeros_like(sequence.narrow(0, 0, 1))});
  return sequence;
}

void AttentionHeads::project() {
  query = split(projected(0));
  key = split(with_appended(projected(1), "bias_k"));
  value = split(with_appended(projected(2), "bias_v"));
}

at::Tensor AttentionHeads::added(const at::Tensor& mask) const {
  at::Tensor wide = mask;
  if (mask.scalar_type() == at::kBool)
    wide =
        at::zeros(mask.sizes(), query.options()).masked_fill_(mask, -std::numeric_limits<double>::infinity());
  return at::constant_pad_nd(wide.to(query.scalar_type()), {0, appended()});
}

at::Tensor AttentionHeads::attention_mask() const {
  const at::Tensor& mask = k_.input(4);
  if (mask.defined()) {
    const at::Tensor wide = added(mask);
    return mask.dim() == 2 ? wide : wide.view({query.size(0), heads_, wide.size(1), wide.size(2)});
  }
  if (!k_.attributes.boolean("is_causal")) return {};
  const auto places = query.options().dtype(at::kBool);
  return added(at::ones({query.size(2), key.size(2) - appended()}, places).triu(1));
}

at::Tensor AttentionHeads::joined_mask() const {
  const at::Tensor mask = attention_mask();
  if (!k_.input(3).defined()) return mask;
  at::Tensor ignored = added(k_.input(3));
  ignored = ignored.view({query.size(0), 1, 1, key.size(2)});
  return mask.defined() ? mask + ignored : ignored;
}

bool AttentionHeads::causal_without_mask() const {
  return k_.attributes.boolean("is_causal") && !k_.input(3).defined() && appended() == 0;
}

at::Tensor AttentionHeads::weights() const {
  const at::Tensor scaled = query * std::sqrt(1.0 / static_cast<double>(query.size(3)));
  at::Tensor scores = at::matmul(scaled, key.transpose(2, 3));
  if (const at::Tensor mask = joined_mask(); mask.defined()) scores = scores + mask;
  return at::softmax(scores, -1);
}

at::Tensor AttentionHeads::output(const at::Tensor& attended) const {
  return outward(
      at::linear(joined(attended), k_.parameter("out_proj.weight"), k_.parameter("out_proj.bias")));
}

at::Tensor AttentionHeads::shown(const at::Tensor& weights) const {
  const at::Tensor kept = k_.attributes.boolean("average_attn_weights") ? weights.mean(1) : weights;
  return batched_ ? kept : kept.squeeze(0);
}

}  // namespace orrery
