#include <array>

#include <ATen/ATen.h>

#include "runtime/engine/kernels/attention_heads.h"
#include "runtime/engine/kernels/derivative.h"
#include "runtime/engine/kernels/derivatives/attended.h"
#include "runtime/engine/kernels/rule.h"

namespace orrery {
namespace {

// Elsewhere and in halves LibTorch has other kernels, and its fused one refuses masks of other dtypes.
bool is_plain_attention(const KernelContext& k) {
  const at::ScalarType dtype = k.input(0).scalar_type();
  const at::Tensor& mask = k.input(3);
  const bool fits = !mask.defined() || !mask.is_floating_point() || mask.scalar_type() == dtype;
  return k.input(0).is_cpu() && (dtype == at::kFloat || dtype == at::kDouble) && fits;
}

AttentionCall attention_product_call(const KernelContext& k, double dropout) {
  const Attributes& a = k.attributes;
  const at::Tensor mask = added_mask(k.input(3), k.input(0).scalar_type());
  const std::optional<double> scale = a.has("scale") ? std::optional(a.real("scale")) : std::nullopt;
  return {k.input(0), k.input(1),
          k.input(2), mask,
          dropout,    a.boolean("is_causal"),
          scale,      a.boolean("enable_gqa")};
}

// The output only where its derivative reads it.
std::vector<at::Tensor> kept_attention(const Attended& attended) {
  const bool fused = attended.logsumexp.defined();
  return {fused ? attended.output : at::Tensor(), attended.logsumexp, attended.weights, attended.noise};
}

Kept attention_product_keeping(const KernelContext& k, double dropout) {
  const Attended attended = attend(attention_product_call(k, dropout));
  return {{attended.output}, kept_attention(attended)};
}

Kept scaled_dot_product_keeping(const KernelContext& k) {
  return attention_product_keeping(k, k.attributes.real("dropout_p"));
}

Kept scaled_dot_product_layer_keeping(const KernelContext& k) {
  return attention_product_keeping(k, k.training ? k.attributes.real("dropout_p") : 0.0);
}

std::vector<at::Tensor> scaled_dot_product_backward(const DerivativeContext& d) {
  const Attended attended = {d.kept[0], d.kept[1], d.kept[2], d.kept[3]};
  const AttentionGradients of =
      attention_gradients(attention_product_call(d.call, 0), attended, d.gradient(), d.wants(3));
  return d.result(
      {d.for_input(0, of.query), d.for_input(1, of.key), d.for_input(2, of.value), d.for_input(3, of.mask)});
}

// MultiheadAttention keeps its heads' query, key, value and means, then what attention keeps.
AttentionCall heads_call(const KernelContext& k, const AttentionHeads& heads) {
  const bool causal = heads.causal_without_mask();
  return {.query = heads.query,
          .key = heads.key,
          .value = heads.value,
          .mask = causal ? at::Tensor() : heads.joined_mask(),
          .dropout = k.training ? k.attributes.real("dropout") : 0.0,
          .causal = causal};
}

Attended attend_with_weights(const KernelContext& k, const AttentionHeads& heads) {
  const at::Tensor weights = heads.weights();
  const at::Tensor noise = attention_noise(weights, k.training ? k.attributes.real("dropout") : 0.0);
  const at::Tensor output = at::matmul(noise.defined() ? weights * noise : weights, heads.value);
  return {output, {}, weights, noise};
}

Kept multihead_keeping(const KernelContext& k) {
  expect_rule("MultiheadAttention", k);
  AttentionHeads heads(k);
  heads.project();
  const bool shows = k.attributes.boolean("need_weights");
  const Attended all = shows ? attend_with_weights(k, heads) : attend(heads_call(k, heads));
  Kept result = {{heads.output(all.output)},
                 {heads.query, heads.key, heads.value, all.output, all.logsumexp, all.weights, all.noise}};
  if (shows)
    result.outputs.push_back(heads.shown(all.noise.defined() ? all.weights * all.noise : all.weights));
  return result;
}

at::Tensor attention_rows(const at::Tensor& tensor) { return tensor.reshape({-1, tensor.size(-1)}); }

// The gradients of one layer of MultiheadAttention.
class HeadsBackward {
 public:
  explicit HeadsBackward(const DerivativeContext& d)
      : d_(d), heads_(d.call), attended_{d.kept[3], d.kept[4], d.kept[5], d.kept[6]} {
    heads_.query = d.kept[0];
    heads_.key = d.kept[1];
    heads_.value = d.kept[2];
  }

  std::vector<at::Tensor> result() {
    const at::Tensor means = through_output();
    const bool wants_mask = d_.wants(3) || d_.wants(4);
    const AttentionGradients of =
        attention_gradients(heads_call(d_.call, heads_), attended_, means, wants_mask, shown_gradient());
    if (wants_mask) through_masks(of.mask.narrow(-1, 0, of.mask.size(-1) - heads_.appended()));
    through_projection(0, heads_.joined(of.query));
    through_projection(1, without_appended(heads_.joined(of.key), "bias_k", of_bias_k_));
    through_projection(2, without_appended(heads_.joined(of.value), "bias_v", of_bias_v_));
    return collected();
  }

 private:
  // To the means of the values.
  at::Tensor through_output() {
    const at::Tensor& given = d_.gradient();
    const at::Tensor gradient =
        heads_.inward(given.defined() ? given : at::zeros(d_.sizes(), d_.inputs[0].options));
    const at::Tensor rows = attention_rows(gradient);
    if (d_.wants_parameter("out_proj.weight"))
      of_out_weight_ = at::mm(rows.t(), attention_rows(heads_.joined(attended_.output)));
    if (d_.wants_parameter("out_proj.bias")) of_out_bias_ = rows.sum(0);
    return heads_.split(at::mm(rows, d_.call.parameter("out_proj.weight")).view(gradient.sizes()));
  }

  // From the second output, for each head.
  at::Tensor shown_gradient() const {
    if (d_.gradients.size() < 2 || !d_.gradient(1).defined()) return {};
    const bool single = attended_.weights.dim() - (averages() ? 1 : 0) != d_.gradient(1).dim();
    const at::Tensor gradient = single ? d_.gradient(1).unsqueeze(0) : d_.gradient(1);
    if (!averages()) return gradient;
    return gradient.unsqueeze(1).expand(attended_.weights.sizes()) / attended_.weights.size(1);
  }

  bool averages() const { return d_.call.attributes.boolean("average_attn_weights"); }

  void through_masks(const at::Tensor& of_scores) {
    of_padding_ = d_.for_input(3, of_scores.sum({1, 2}));
    const bool each = d_.wants(4) && d_.sizes(4).size() == 3;
    of_mask_ = d_.for_input(4, each ? of_scores.flatten(0, 1) : of_scores);
  }

  at::Tensor without_appended(const at::Tensor& gradient, std::string_view learned,
                              at::Tensor& of_learned) const {
    const std::int64_t length = gradient.size(0) - heads_.appended();
    if (d_.wants_parameter(learned)) of_learned = gradient.narrow(0, length, 1).sum(1, true);
    return gradient.narrow(0, 0, length);
  }

  void through_projection(size_t port, const at::Tensor& gradient) {
    const at::Tensor rows = attention_rows(gradient);
    if (d_.wants(port)) {
      const at::Tensor of_sequence = at::mm(rows, heads_.projection_weight(port));
      of_inputs_[port] = heads_.outward(of_sequence.view({gradient.size(0), gradient.size(1), -1}));
    }
    if (d_.wants_parameter("in_proj_weight") || d_.wants_parameter(kProjectionNames[port]))
      of_weights_[port] = at::mm(rows.t(), attention_rows(heads_.inward(d_.call.input(port))));
    if (d_.wants_parameter("in_proj_bias")) of_biases_[port] = rows.sum(0);
  }

  std::vector<at::Tensor> collected() const {
    at::Tensor of_weight, of_bias;
    if (d_.wants_parameter("in_proj_weight")) of_weight = at::cat(at::TensorList(of_weights_));
    if (d_.wants_parameter("in_proj_bias")) of_bias = at::cat(at::TensorList(of_biases_));
    return d_.result({of_inputs_[0], of_inputs_[1], of_inputs_[2], of_padding_, of_mask_},
                     {{"in_proj_weight", of_weight},
                      {"in_proj_bias", of_bias},
                      {kProjectionNames[0], of_weights_[0]},
                      {kProjectionNames[1], of_weights_[1]},
                      {kProjectionNames[2], of_weights_[2]},
                      {"bias_k", of_bias_k_},
                      {"bias_v", of_bias_v_},
                      {"out_proj.weight", of_out_weight_},
                      {"out_proj.bias", of_out_bias_}});
  }

  const DerivativeContext& d_;
  AttentionHeads heads_;
  Attended attended_;
  std::array<at::Tensor, 3> of_inputs_, of_weights_, of_biases_;
  at::Tensor of_padding_, of_mask_, of_bias_k_, of_bias_v_, of_out_weight_, of_out_bias_;
};

std::vector<at::Tensor> multihead_backward(const DerivativeContext& d) { return HeadsBackward(d).result(); }

constexpr Reads kAttentionInputs = {.inputs = kAllInputs};

constexpr DerivativeEntry kAttentionDerivatives[] = {
    {"scaled_dot_product_attention", scaled_dot_product_backward, kAttentionInputs,
     scaled_dot_product_keeping, is_plain_attention},
    {"ScaledDotProductAttention", scaled_dot_product_backward, kAttentionInputs,
     scaled_dot_product_layer_keeping, is_plain_attention},
    {"MultiheadAttention", multihead_backward, kAttentionInputs, multihead_keeping, is_plain_attention},
};

}  // namespace

std::span<const DerivativeEntry> attention_derivatives() { return kAttentionDerivatives; }

}  // namespace orrery
