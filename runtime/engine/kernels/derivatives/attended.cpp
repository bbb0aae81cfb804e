#include "runtime/engine/kernels/derivatives/attended.h"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <ATen/SDPBackend.h>

namespace orrery {
namespace {

std::optional<at::Tensor> mask_of(const AttentionCall& c) {
  return c.mask.defined() ? std::optional(c.mask) : std::nullopt;
}

bool is_fused_attention(const AttentionCall& c) {
  const std::int64_t choice =
      at::_fused_sdp_choice(c.query, c.key, c.value, mask_of(c), c.dropout, c.causal, c.scale, c.grouped);
  return choice == static_cast<std::int64_t>(at::SDPBackend::flash_attention);
}

double attention_scale(const AttentionCall& c) {
  return c.scale.value_or(1.0 / std::sqrt(static_cast<double>(c.query.size(-1))));
}

// Each group of query heads shares one head of keys and values.
at::Tensor for_every_head(const AttentionCall& c, const at::Tensor& shared) {
  if (!c.grouped || shared.size(-3) == c.query.size(-3)) return shared;
  return shared.repeat_interleave(c.query.size(-3) / shared.size(-3), -3);
}

at::Tensor summed_over_groups(const AttentionCall& c, const at::Tensor& gradient, const at::Tensor& shared) {
  if (!c.grouped || shared.size(-3) == c.query.size(-3)) return gradient;
  return gradient.unflatten(-3, {shared.size(-3), c.query.size(-3) / shared.size(-3)}).sum(-3);
}

at::Tensor attention_mask_of(const AttentionCall& c) {
  if (!c.causal) return c.mask;
  const auto places = c.query.options().dtype(at::kBool);
  return added_mask(at::ones({c.query.size(-2), c.key.size(-2)}, places).tril(), c.query.scalar_type());
}

// Both factors are scaled before their product, as at::_scaled_dot_product_attention_math does.
at::Tensor attention_weights(const AttentionCall& c) {
  const double scale = attention_scale(c), root = std::sqrt(std::abs(scale));
  const at::Tensor keys = for_every_head(c, c.key);
  at::Tensor scores = at::matmul(c.query * std::copysign(root, scale), keys.transpose(-2, -1) * root);
  if (const at::Tensor mask = attention_mask_of(c); mask.defined()) scores.add_(mask);
  return at::_safe_softmax(scores, -1);
}

at::Tensor dropped_weights(const at::Tensor& weights, const at::Tensor& noise) {
  return noise.defined() ? weights * noise : weights;
}

AttentionGradients gradients_through_weights(const AttentionCall& c, const at::Tensor& weights,
                                             const at::Tensor& noise, const at::Tensor& gradient,
                                             const at::Tensor& of_weights) {
  const at::Tensor keys = for_every_head(c, c.key), values = for_every_head(c, c.value);
  const double scale = attention_scale(c);
  at::Tensor of_dropped = at::matmul(gradient, values.transpose(-2, -1));
  if (of_weights.defined()) of_dropped = of_dropped + of_weights;
  const at::Tensor of_scores =
      at::_softmax_backward_data(dropped_weights(of_dropped, noise), weights, -1, weights.scalar_type());
  const at::Tensor of_value = at::matmul(dropped_weights(weights, noise).transpose(-2, -1), gradient);
  const at::Tensor of_key = at::matmul(of_scores.transpose(-2, -1), c.query) * scale;
  return {at::matmul(of_scores, keys) * scale, summed_over_groups(c, of_key, c.key),
          summed_over_groups(c, of_value, c.value), of_scores};
}

}  // namespace

at::Tensor added_mask(const at::Tensor& mask, at::ScalarType dtype) {
  if (!mask.defined() || mask.scalar_type() != at::kBool) return mask;
  return at::zeros_like(mask, mask.options().dtype(dtype))
      .masked_fill_(mask.logical_not(), -std::numeric_limits<double>::infinity());
}

at::Tensor attention_noise(const at::Tensor& weights, double dropout) {
  if (dropout == 0 || weights.numel() == 0) return {};
  if (dropout == 1) return at::zeros({}, weights.options());
  return at::empty_like(weights).bernoulli_(1 - dropout).div_(1 - dropout);
}

Attended attend(const AttentionCall& c) {
  if (is_fused_attention(c)) {
    auto [output, logsumexp] = at::_scaled_dot_product_flash_attention_for_cpu(
        c.query, c.key, c.value, c.dropout, c.causal, mask_of(c), c.scale);
    return {output, logsumexp, {}, {}};
  }
  const at::Tensor weights = attention_weights(c), noise = attention_noise(weights, c.dropout);
  return {at::matmul(dropped_weights(weights, noise), for_every_head(c, c.value)), {}, weights, noise};
}

// The fused kernel gives a mask no gradient, and drops nothing.
AttentionGradients attention_gradients(const AttentionCall& c, const Attended& attended,
                                       const at::Tensor& gradient, bool wants_mask,
                                       const at::Tensor& of_weights) {
  if (attended.weights.defined())
    return gradients_through_weights(c, attended.weights, attended.noise, gradient, of_weights);
  if (wants_mask) return gradients_through_weights(c, attention_weights(c), {}, gradient, of_weights);
  const auto [of_query, of_key, of_value] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
      gradient, c.query, c.key, c.value, attended.output, attended.logsumexp, 0.0, c.causal, mask_of(c),
      c.scale);
  return {of_query, of_key, of_value, {}};
}

}  // namespace orrery
