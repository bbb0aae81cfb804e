#pragma once

#include <optional>

#include <ATen/core/Tensor.h>

namespace orrery {

/// The arguments of at::scaled_dot_product_attention, on a CPU.
struct AttentionCall {
  at::Tensor query, key, value;
  at::Tensor mask;  ///< added to the scores; undefined: none
  double dropout = 0;
  bool causal = false;
  std::optional<double> scale;
  bool grouped = false;
};

/// Its result and what the derivative needs.
struct Attended {
  at::Tensor output;
  at::Tensor logsumexp;       ///< undefined unless LibTorch's fused kernel was its choice
  at::Tensor weights, noise;  ///< undefined for the fused kernel; the noise also when nothing was dropped
};

/// Undefined where not asked for; not yet summed where something was broadcast.
struct AttentionGradients {
  at::Tensor query, key, value, mask;
};

/// A mask of booleans as what is added to the scores.
at::Tensor added_mask(const at::Tensor& mask, at::ScalarType dtype);

/// Computes as LibTorch does: the same kernels, random numbers and results.
Attended attend(const AttentionCall& call);

/// What each weight is multiplied with, drawn as at::dropout does; undefined: nothing is dropped.
at::Tensor attention_noise(const at::Tensor& weights, double dropout);

/// `of_weights` is the gradient that came back to the weights themselves, after the drop; undefined: none.
AttentionGradients attention_gradients(const AttentionCall& call, const Attended& attended,
                                       const at::Tensor& gradient, bool wants_mask,
                                       const at::Tensor& of_weights = {});

}  // namespace orrery
