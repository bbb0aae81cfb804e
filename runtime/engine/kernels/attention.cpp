#include <cmath>
#include <limits>

#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"
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

// What torch.nn.functional.multi_head_attention_forward computes, step by step. Inside, everything is
// (N, heads, length, features of a head).
class Heads {
 public:
  explicit Heads(const KernelContext& k)
      : k_(k),
        heads_(k.attributes.integer("num_heads")),
        batched_(k.input(0).dim() == 3),
        batch_first_(batched_ && k.attributes.boolean("batch_first")) {}

  Outputs attend() {
    project();
    append_keys();
    const double dropout = k_.training ? k_.attributes.real("dropout") : 0.0;
    if (!k_.attributes.boolean("need_weights")) return {output(attended(dropout))};
    at::Tensor weights = weights_of(joined_mask());
    if (dropout > 0) weights = at::dropout(weights, dropout, true);
    return {output(at::matmul(weights, value_)), shown(weights)};
  }

 private:
  // (length, N, features) as PyTorch keeps it.
  at::Tensor sequence(size_t port) const {
    const at::Tensor& given = k_.input(port);
    if (!batched_) return given.unsqueeze(1);
    return batch_first_ ? given.transpose(0, 1) : given;
  }

  at::Tensor projected(size_t port) const {
    static constexpr const char* kWeightNames[] = {"q_proj_weight", "k_proj_weight", "v_proj_weight"};
    const at::Tensor& all = k_.parameter("in_proj_weight");
    const at::Tensor& biases = k_.parameter("in_proj_bias");
    const auto part = static_cast<std::int64_t>(port);
    const at::Tensor weight = all.defined() ? all.chunk(3)[port] : k_.parameter(kWeightNames[port]);
    const at::Tensor bias = biases.defined() ? biases.chunk(3)[static_cast<size_t>(part)] : at::Tensor();
    return at::linear(sequence(port), weight, bias);
  }

  void project() {
    query_ = projected(0);
    key_ = projected(1);
    value_ = projected(2);
  }

  at::Tensor split(const at::Tensor& sequence) const {
    return sequence.reshape({sequence.size(0), sequence.size(1), heads_, -1}).permute({1, 2, 0, 3});
  }

  // A learned key and a zero, which no mask hides.
  void append_keys() {
    if (k_.attributes.boolean("add_bias_kv")) {
      key_ = at::cat({key_, k_.parameter("bias_k").expand({1, key_.size(1), -1})});
      value_ = at::cat({value_, k_.parameter("bias_v").expand({1, value_.size(1), -1})});
      ++appended_;
    }
    if (k_.attributes.boolean("add_zero_attn")) {
      key_ = at::cat({key_, at::zeros_like(key_.narrow(0, 0, 1))});
      value_ = at::cat({value_, at::zeros_like(value_.narrow(0, 0, 1))});
      ++appended_;
    }
    query_ = split(query_);
    key_ = split(key_);
    value_ = split(value_);
  }

  // What is added to the scores.
  at::Tensor added(const at::Tensor& mask) const {
    at::Tensor wide = mask;
    if (mask.scalar_type() == at::kBool)
      wide = at::zeros(mask.sizes(), query_.options())
                 .masked_fill_(mask, -std::numeric_limits<double>::infinity());
    return at::constant_pad_nd(wide.to(query_.scalar_type()), {0, appended_});
  }

  at::Tensor attention_mask() const {
    const at::Tensor& mask = k_.input(4);
    if (mask.defined()) {
      const at::Tensor wide = added(mask);
      return mask.dim() == 2 ? wide : wide.view({query_.size(0), heads_, wide.size(1), wide.size(2)});
    }
    if (!k_.attributes.boolean("is_causal")) return {};
    const auto places = query_.options().dtype(at::kBool);
    return added(at::ones({query_.size(2), key_.size(2) - appended_}, places).triu(1));
  }

  at::Tensor joined_mask() const {
    const at::Tensor mask = attention_mask();
    if (!k_.input(3).defined()) return mask;
    at::Tensor ignored = added(k_.input(3));
    ignored = ignored.view({query_.size(0), 1, 1, key_.size(2)});
    return mask.defined() ? mask + ignored : ignored;
  }

  // LibTorch's fused forms know "no later key" without a mask.
  at::Tensor attended(double dropout) const {
    const bool causal = k_.attributes.boolean("is_causal") && !k_.input(3).defined() && appended_ == 0;
    const at::Tensor mask = causal ? at::Tensor() : joined_mask();
    return at::scaled_dot_product_attention(query_, key_, value_, given(mask), dropout, causal);
  }

  at::Tensor weights_of(const at::Tensor& mask) const {
    const at::Tensor scaled = query_ * std::sqrt(1.0 / static_cast<double>(query_.size(3)));
    at::Tensor scores = at::matmul(scaled, key_.transpose(2, 3));
    if (mask.defined()) scores = scores + mask;
    return at::softmax(scores, -1);
  }

  at::Tensor output(const at::Tensor& attended) const {
    const at::Tensor joined = attended.permute({2, 0, 1, 3}).flatten(2);
    const at::Tensor out = at::linear(joined, k_.parameter("out_proj.weight"), k_.parameter("out_proj.bias"));
    if (!batched_) return out.squeeze(1);
    return batch_first_ ? out.transpose(0, 1) : out;
  }

  at::Tensor shown(const at::Tensor& weights) const {
    const at::Tensor kept = k_.attributes.boolean("average_attn_weights") ? weights.mean(1) : weights;
    return batched_ ? kept : kept.squeeze(0);
  }

  const KernelContext& k_;
  std::int64_t heads_;
  bool batched_, batch_first_;
  std::int64_t appended_ = 0;
  at::Tensor query_, key_, value_;
};

Outputs multihead(const KernelContext& k) {
  expect_rule("MultiheadAttention", k);
  return Heads(k).attend();
}

constexpr KernelEntry kAttentionKernels[] = {{"scaled_dot_product_attention", scaled_dot_product},
                                             {"ScaledDotProductAttention", scaled_dot_product_layer},
                                             {"MultiheadAttention", multihead}};

}  // namespace

std::span<const KernelEntry> attention_kernels() { return kAttentionKernels; }

}  // namespace orrery
