#include "runtime/engine/kernels/loss.h"

#include <cmath>
#include <numbers>
#include <stdexcept>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/engine/kernels/adaptive_softmax.h"

namespace orrery {

std::int64_t loss_reduction(const Attributes& attributes) {
  const std::string& name = attributes.text("reduction");
  if (name == "none") return at::Reduction::None;
  return name == "mean" ? at::Reduction::Mean : at::Reduction::Sum;
}

at::Tensor loss_weights(const KernelContext& k, std::string_view name, size_t port) {
  at::Tensor given = k.parameter(name);
  if (!given.defined() && k.inputs.size() > port) given = k.input(port);
  return given.defined() ? given.detach().to(k.input().scalar_type()) : given;
}

void refuse_labels(const KernelContext& k) {
  const at::Tensor labels = k.input(1).flatten();
  const std::int64_t classes = k.input(0).size(k.input(0).dim() == 1 ? 0 : 1);
  const at::Tensor outside = labels.lt(0)
                                 .logical_or(labels.ge(classes))
                                 .logical_and(labels.ne(k.attributes.integer("ignore_index")));
  const at::Tensor wrong = labels.masked_select(outside);
  if (wrong.numel() == 0) return;
  throw std::out_of_range(
      fmt::format("label {} is out of range: the scores are for {} class{}, labelled 0 to {}",
                  wrong[0].item<std::int64_t>(), classes, classes == 1 ? "" : "es", classes - 1));
}

std::pair<at::Tensor, at::Tensor> joined_operands(const KernelContext& k) {
  const at::ScalarType type = at::result_type(k.input(0), k.input(1));
  return {k.input(0).to(type), k.input(1).to(type)};
}

at::Tensor target_like_input(const KernelContext& k) { return k.input(1).to(k.input(0).scalar_type()); }

at::Tensor gaussian_variances(const KernelContext& k) {
  const at::Tensor& given = k.input(2);
  check(!at::any(given < 0).item<bool>(), Fault::run, "a variance is negative");
  at::Tensor raised = (given.dim() == k.input(0).dim() ? given : given.unsqueeze(-1)).clone();
  const c10::NoGradGuard no_grad;
  return raised.clamp_(k.attributes.real("eps"));
}

namespace {

using Outputs = std::vector<at::Tensor>;

at::Tensor reduced(const at::Tensor& losses, const Attributes& attributes) {
  const std::int64_t kind = loss_reduction(attributes);
  if (kind == at::Reduction::None) return losses;
  return kind == at::Reduction::Mean ? losses.mean() : losses.sum();
}

at::Tensor weight(const KernelContext& k) { return loss_weights(k, "weight", 2); }

Outputs cross_entropy(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {of_classes(k, [&] {
    return at::cross_entropy_loss(k.input(0), k.input(1), weight(k), loss_reduction(a),
                                  a.integer("ignore_index"), a.real("label_smoothing"));
  })};
}

Outputs nll(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {of_classes(k, [&] {
    return at::nll_loss_nd(k.input(0), k.input(1), weight(k), loss_reduction(a), a.integer("ignore_index"));
  })};
}

Outputs multi_margin(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::multi_margin_loss(k.input(0), k.input(1), a.integer("p"), a.real("margin"), weight(k),
                                loss_reduction(a))};
}

Outputs multilabel_margin(const KernelContext& k) {
  return {at::multilabel_margin_loss(k.input(0), k.input(1), loss_reduction(k.attributes))};
}

Outputs multilabel_soft_margin(const KernelContext& k) {
  const at::Tensor &scores = k.input(0), &target = k.input(1);
  at::Tensor losses = -(target * at::log_sigmoid(scores) + (1 - target) * at::log_sigmoid(-scores));
  if (const at::Tensor importance = weight(k); importance.defined()) losses = losses * importance;
  return {reduced(losses.mean(-1), k.attributes)};
}

Outputs ctc(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::ctc_loss(k.input(0), k.input(1), k.input(2), k.input(3), a.integer("blank"), loss_reduction(a),
                       a.boolean("zero_infinity"))};
}

Outputs mse(const KernelContext& k) {
  const auto [input, target] = joined_operands(k);
  return {at::mse_loss(input, target, loss_reduction(k.attributes))};
}

Outputs l1(const KernelContext& k) {
  return {at::l1_loss(k.input(0), k.input(1), loss_reduction(k.attributes))};
}

Outputs smooth_l1(const KernelContext& k) {
  const double beta = k.attributes.real("beta");
  if (beta == 0) return l1(k);
  const auto [input, target] = joined_operands(k);
  return {at::smooth_l1_loss(input, target, loss_reduction(k.attributes), beta)};
}

Outputs huber(const KernelContext& k) {
  return {at::huber_loss(k.input(0), target_like_input(k), loss_reduction(k.attributes),
                         k.attributes.real("delta"))};
}

Outputs kl_div(const KernelContext& k) {
  const Attributes& a = k.attributes;
  const at::Tensor loss = at::kl_div(k.input(0), k.input(1), loss_reduction(a), a.boolean("log_target"));
  if (a.text("reduction") != "batchmean") return {loss};
  return {loss / k.input().size(0)};
}

Outputs binary_cross_entropy(const KernelContext& k) {
  return {at::binary_cross_entropy(k.input(0), k.input(1), weight(k), loss_reduction(k.attributes))};
}

Outputs binary_cross_entropy_with_logits(const KernelContext& k) {
  return {at::binary_cross_entropy_with_logits(
      k.input(0), k.input(1), weight(k), loss_weights(k, "pos_weight", 3), loss_reduction(k.attributes))};
}

Outputs poisson(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::poisson_nll_loss(k.input(0), k.input(1), a.boolean("log_input"), a.boolean("full"),
                               a.real("eps"), loss_reduction(a))};
}

Outputs gaussian(const KernelContext& k) {
  const Attributes& a = k.attributes;
  const at::Tensor var = gaussian_variances(k);
  at::Tensor losses = 0.5 * (var.log() + (k.input(0) - k.input(1)).square() / var);
  if (a.boolean("full")) losses = losses + 0.5 * std::log(2 * std::numbers::pi);
  return {reduced(losses, a)};
}

Outputs soft_margin(const KernelContext& k) {
  return {at::soft_margin_loss(k.input(0), target_like_input(k), loss_reduction(k.attributes))};
}

Outputs hinge_embedding(const KernelContext& k) {
  return {at::hinge_embedding_loss(k.input(0), k.input(1), k.attributes.real("margin"),
                                   loss_reduction(k.attributes))};
}

Outputs margin_ranking(const KernelContext& k) {
  return {at::margin_ranking_loss(k.input(0), k.input(1), k.input(2), k.attributes.real("margin"),
                                  loss_reduction(k.attributes))};
}

Outputs cosine_embedding(const KernelContext& k) {
  return {at::cosine_embedding_loss(k.input(0), k.input(1), k.input(2), k.attributes.real("margin"),
                                    loss_reduction(k.attributes))};
}

Outputs triplet_margin(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::triplet_margin_loss(k.input(0), k.input(1), k.input(2), a.real("margin"), a.real("p"),
                                  a.real("eps"), a.boolean("swap"), loss_reduction(a))};
}

constexpr KernelEntry kLossKernels[] = {
    {"CrossEntropyLoss", cross_entropy},
    {"cross_entropy", cross_entropy},
    {"NLLLoss", nll},
    {"nll_loss", nll},
    {"MultiMarginLoss", multi_margin},
    {"multi_margin_loss", multi_margin},
    {"MultiLabelMarginLoss", multilabel_margin},
    {"multilabel_margin_loss", multilabel_margin},
    {"MultiLabelSoftMarginLoss", multilabel_soft_margin},
    {"multilabel_soft_margin_loss", multilabel_soft_margin},
    {"CTCLoss", ctc},
    {"ctc_loss", ctc},
    {"MSELoss", mse},
    {"mse_loss", mse},
    {"L1Loss", l1},
    {"l1_loss", l1},
    {"SmoothL1Loss", smooth_l1},
    {"smooth_l1_loss", smooth_l1},
    {"HuberLoss", huber},
    {"huber_loss", huber},
    {"KLDivLoss", kl_div},
    {"kl_div", kl_div},
    {"BCELoss", binary_cross_entropy},
    {"binary_cross_entropy", binary_cross_entropy},
    {"BCEWithLogitsLoss", binary_cross_entropy_with_logits},
    {"binary_cross_entropy_with_logits", binary_cross_entropy_with_logits},
    {"PoissonNLLLoss", poisson},
    {"poisson_nll_loss", poisson},
    {"GaussianNLLLoss", gaussian},
    {"gaussian_nll_loss", gaussian},
    {"SoftMarginLoss", soft_margin},
    {"soft_margin_loss", soft_margin},
    {"HingeEmbeddingLoss", hinge_embedding},
    {"hinge_embedding_loss", hinge_embedding},
    {"MarginRankingLoss", margin_ranking},
    {"margin_ranking_loss", margin_ranking},
    {"CosineEmbeddingLoss", cosine_embedding},
    {"cosine_embedding_loss", cosine_embedding},
    {"TripletMarginLoss", triplet_margin},
    {"triplet_margin_loss", triplet_margin},
    {"AdaptiveLogSoftmaxWithLoss", adaptive_log_softmax},
};

}  // namespace

std::span<const KernelEntry> loss_kernels() { return kLossKernels; }

}  // namespace orrery
