#pragma once

#include <ATen/core/Tensor.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {

/// The layer's separate projections; when all are of one width they are one tensor, in_proj_weight.
inline constexpr const char* kProjectionNames[] = {"q_proj_weight", "k_proj_weight", "v_proj_weight"};

/// The parts of MultiheadAttention, as torch.nn.functional.multi_head_attention_forward computes them.
/// Inside, everything is (N, heads, length, features of a head).
class AttentionHeads {
 public:
  explicit AttentionHeads(const KernelContext& k);

  /// Query, key and value from the inputs, with the keys that no mask hides: a learned one and a zero.
  void project();
  /// LibTorch's fused forms know "no later key" without a mask.
  bool causal_without_mask() const;
  /// What is added to the scores; undefined: nothing.
  at::Tensor joined_mask() const;
  /// The weights before any is dropped.
  at::Tensor weights() const;
  /// The layer's first output, from means of the values.
  at::Tensor output(const at::Tensor& attended) const;
  /// The layer's second output.
  at::Tensor shown(const at::Tensor& weights) const;

  /// A sequence as it is given, as (length, N, features); and the other way.
  at::Tensor inward(const at::Tensor& sequence) const;
  at::Tensor outward(const at::Tensor& sequence) const;
  /// (length, N, features) as heads; and the other way.
  at::Tensor split(const at::Tensor& sequence) const;
  at::Tensor joined(const at::Tensor& heads) const;
  /// The parameter's part for the query, the key or the value; undefined: none.
  at::Tensor projection_weight(size_t port) const;
  at::Tensor projection_bias(size_t port) const;
  /// How many keys are appended to those given.
  std::int64_t appended() const;

  at::Tensor query, key, value;

 private:
  at::Tensor projected(size_t port) const;
  at::Tensor with_appended(at::Tensor sequence, std::string_view learned) const;
  at::Tensor added(const at::Tensor& mask) const;
  at::Tensor attention_mask() const;

  const KernelContext& k_;
  std::int64_t heads_;
  bool batched_, batch_first_;
};

}  // namespace orrery
