#include "runtime/engine/kernels/loss.h"

#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivatives/losses.h"

namespace orrery {

at::Tensor spread_loss_gradient(const DerivativeContext& d, at::IntArrayRef sizes) {
  const std::int64_t kind = loss_reduction(d.call.attributes);
  if (kind == at::Reduction::None) return d.gradient();
  const at::Tensor spread = d.gradient().expand(sizes);
  return kind == at::Reduction::Sum ? spread : spread / c10::multiply_integers(sizes);
}

namespace {

// A loss whose derivative for the target is that for the input, with both in each other's place.
template <class Backward>
std::vector<at::Tensor> symmetric_gradients(const DerivativeContext& d, const at::Tensor& input,
                                            const at::Tensor& target, Backward backward) {
  at::Tensor of_input, of_target;
  if (d.wants(0)) of_input = backward(input, target);
  if (d.wants(1)) of_target = backward(target, input);
  return d.result({d.for_input(0, of_input), d.for_input(1, of_target)});
}

std::vector<at::Tensor> mse_backward(const DerivativeContext& d) {
  const auto [input, target] = joined_operands(d.call);
  return symmetric_gradients(d, input, target, [&](const at::Tensor& own, const at::Tensor& other) {
    return at::mse_loss_backward(d.gradient(), own, other, loss_reduction(d.call.attributes));
  });
}

std::vector<at::Tensor> l1_backward(const DerivativeContext& d) {
  const at::Tensor difference = d.call.input(0) - d.call.input(1);
  const at::Tensor of_input = spread_loss_gradient(d, difference.sizes()) * difference.sgn();
  return d.result({d.for_input(0, of_input), d.for_input(1, -of_input)});
}

std::vector<at::Tensor> smooth_l1_backward(const DerivativeContext& d) {
  const double beta = d.call.attributes.real("beta");
  if (beta == 0) return l1_backward(d);
  const auto [input, target] = joined_operands(d.call);
  return symmetric_gradients(d, input, target, [&](const at::Tensor& own, const at::Tensor& other) {
    return at::smooth_l1_loss_backward(d.gradient(), own, other, loss_reduction(d.call.attributes), beta);
  });
}

std::vector<at::Tensor> huber_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  return symmetric_gradients(
      d, d.call.input(0), target_like_input(d.call), [&](const at::Tensor& own, const at::Tensor& other) {
        return at::huber_loss_backward(d.gradient(), own, other, loss_reduction(a), a.real("delta"));
      });
}

at::Tensor kl_target_factor(const at::Tensor& input, const at::Tensor& target, bool log_target) {
  if (log_target) return target.exp() * (target - input + 1);
  return target.log().masked_fill_(target == 0, 0) + target / target - input;
}

std::vector<at::Tensor> kl_div_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  const at::Tensor &input = d.call.input(0), &target = d.call.input(1);
  const bool log_target = a.boolean("log_target");
  at::Tensor each = spread_loss_gradient(d, input.sizes());
  if (a.text("reduction") == "batchmean") each = each / input.size(0);
  at::Tensor of_input, of_target;
  if (d.wants(0)) of_input = -each * (log_target ? target.exp() : target);
  if (d.wants(1)) of_target = each * kl_target_factor(input, target, log_target);
  return d.result({d.for_input(0, of_input), d.for_input(1, of_target)});
}

at::Tensor weighted_loss_gradient(const DerivativeContext& d) {
  const at::Tensor each = spread_loss_gradient(d, d.sizes());
  const at::Tensor weight = loss_weights(d.call, "weight", 2);
  return weight.defined() ? each * weight : each;
}

std::vector<at::Tensor> binary_cross_entropy_backward(const DerivativeContext& d) {
  const at::Tensor &input = d.call.input(0), &target = d.call.input(1);
  at::Tensor of_input, of_target;
  if (d.wants(0))
    of_input = at::binary_cross_entropy_backward(
        d.gradient(), input, target, loss_weights(d.call, "weight", 2), loss_reduction(d.call.attributes));
  if (d.wants(1)) of_target = weighted_loss_gradient(d) * ((1 - input).log() - input.log());
  return d.result({of_input, d.for_input(1, of_target)});
}

std::vector<at::Tensor> binary_cross_entropy_with_logits_backward(const DerivativeContext& d) {
  const at::Tensor &input = d.call.input(0), &target = d.call.input(1);
  const at::Tensor positive = loss_weights(d.call, "pos_weight", 3);
  const at::Tensor each = weighted_loss_gradient(d);
  at::Tensor of_input, of_target;
  if (d.wants(0)) {
    const at::Tensor certain = positive.defined() ? positive * target : target;
    const at::Tensor factor = positive.defined() ? (certain + 1 - target) * input.sigmoid() : input.sigmoid();
    of_input = each * (factor - certain);
  }
  if (d.wants(1))
    of_target =
        each * (positive.defined() ? at::log_sigmoid(-input) - at::log_sigmoid(input) * positive : -input);
  return d.result({d.for_input(0, of_input), d.for_input(1, of_target)});
}

// Of Stirling's approximation, which counts for targets over 1.
at::Tensor stirling_gradient(const at::Tensor& gradient, const at::Tensor& target) {
  return gradient.masked_fill(target <= 1, 0) * (target.log() + 0.5 / target);
}

std::vector<at::Tensor> poisson_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  const at::Tensor &input = d.call.input(0), &target = d.call.input(1);
  const at::Tensor each = spread_loss_gradient(d, input.sizes());
  const bool log_input = a.boolean("log_input");
  at::Tensor of_input, of_target;
  if (d.wants(0)) of_input = each * (log_input ? input.exp() - target : 1 - target / (input + a.real("eps")));
  if (d.wants(1)) {
    of_target = -each * (log_input ? input : (input + a.real("eps")).log());
    if (a.boolean("full")) of_target = of_target + stirling_gradient(each, target);
  }
  return d.result({d.for_input(0, of_input), d.for_input(1, of_target)});
}

std::vector<at::Tensor> gaussian_backward(const DerivativeContext& d) {
  const at::Tensor var = gaussian_variances(d.call);
  const at::Tensor difference = d.call.input(0) - d.call.input(1);
  const at::Tensor scaled = difference / var;
  const at::Tensor each = spread_loss_gradient(d, scaled.sizes());
  const at::Tensor of_input = each * scaled;
  at::Tensor of_var;
  if (d.wants(2))
    of_var = (each * 0.5 * (var.reciprocal() - scaled * scaled)).sum_to_size(var.sizes()).view(d.sizes(2));
  return d.result({d.for_input(0, of_input), d.for_input(1, -of_input), d.for_input(2, of_var)});
}

std::vector<at::Tensor> soft_margin_backward(const DerivativeContext& d) {
  return d.result({at::soft_margin_loss_backward(d.gradient(), d.call.input(0), target_like_input(d.call),
                                                 loss_reduction(d.call.attributes))});
}

std::vector<at::Tensor> hinge_embedding_backward(const DerivativeContext& d) {
  const at::Tensor &input = d.call.input(0), &target = d.call.input(1);
  const at::Tensor each = spread_loss_gradient(d, at::infer_size(input.sizes(), target.sizes()));
  const at::Tensor beyond = d.call.attributes.real("margin") - input < 0;
  return d.result({d.for_input(
      0, each.masked_fill(target == -1, 0) - each.masked_fill(at::logical_or(target == 1, beyond), 0))});
}

constexpr Reads kLossPair = {.inputs = 3};
constexpr Reads kLossTriple = {.inputs = 7};
constexpr Reads kLossAndWeights = {.inputs = kAllInputs};
constexpr Reads kLossAlignment = {.inputs = kAllInputs};
constexpr Reads kLossTarget = {.inputs = 2};

constexpr DerivativeEntry kLossDerivatives[] = {
    {"CrossEntropyLoss", cross_entropy_backward, kLossTarget, cross_entropy_keeping},
    {"cross_entropy", cross_entropy_backward, kLossTarget, cross_entropy_keeping},
    {"NLLLoss", nll_backward, kLossAndWeights, nll_keeping},
    {"nll_loss", nll_backward, kLossAndWeights, nll_keeping},
    {"MultiMarginLoss", multi_margin_backward, kLossAndWeights},
    {"multi_margin_loss", multi_margin_backward, kLossAndWeights},
    {"MultiLabelMarginLoss", multilabel_margin_backward, kLossPair, multilabel_margin_keeping},
    {"multilabel_margin_loss", multilabel_margin_backward, kLossPair, multilabel_margin_keeping},
    {"MultiLabelSoftMarginLoss", multilabel_soft_margin_backward, kLossAndWeights},
    {"multilabel_soft_margin_loss", multilabel_soft_margin_backward, kLossAndWeights},
    {"CTCLoss", ctc_backward, kLossAlignment, ctc_keeping, is_ctc_on_cpu},
    {"ctc_loss", ctc_backward, kLossAlignment, ctc_keeping, is_ctc_on_cpu},
    {"MSELoss", mse_backward, kLossPair},
    {"mse_loss", mse_backward, kLossPair},
    {"L1Loss", l1_backward, kLossPair},
    {"l1_loss", l1_backward, kLossPair},
    {"SmoothL1Loss", smooth_l1_backward, kLossPair},
    {"smooth_l1_loss", smooth_l1_backward, kLossPair},
    {"HuberLoss", huber_backward, kLossPair},
    {"huber_loss", huber_backward, kLossPair},
    {"KLDivLoss", kl_div_backward, kLossPair},
    {"kl_div", kl_div_backward, kLossPair},
    {"BCELoss", binary_cross_entropy_backward, kLossAndWeights},
    {"binary_cross_entropy", binary_cross_entropy_backward, kLossAndWeights},
    {"BCEWithLogitsLoss", binary_cross_entropy_with_logits_backward, kLossAndWeights},
    {"binary_cross_entropy_with_logits", binary_cross_entropy_with_logits_backward, kLossAndWeights},
    {"PoissonNLLLoss", poisson_backward, kLossPair},
    {"poisson_nll_loss", poisson_backward, kLossPair},
    {"GaussianNLLLoss", gaussian_backward, kLossTriple},
    {"gaussian_nll_loss", gaussian_backward, kLossTriple},
    {"SoftMarginLoss", soft_margin_backward, kLossPair},
    {"soft_margin_loss", soft_margin_backward, kLossPair},
    {"HingeEmbeddingLoss", hinge_embedding_backward, kLossPair},
    {"hinge_embedding_loss", hinge_embedding_backward, kLossPair},
    {"MarginRankingLoss", margin_ranking_backward, kLossTriple},
    {"margin_ranking_loss", margin_ranking_backward, kLossTriple},
    {"CosineEmbeddingLoss", cosine_embedding_backward, kLossTriple},
    {"cosine_embedding_loss", cosine_embedding_backward, kLossTriple},
    {"TripletMarginLoss", triplet_margin_backward, kLossTriple},
    {"triplet_margin_loss", triplet_margin_backward, kLossTriple},
};

}  // namespace

std::span<const DerivativeEntry> loss_derivatives() { return kLossDerivatives; }

}  // namespace orrery
