#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivatives/losses.h"
#include "runtime/engine/kernels/loss.h"

namespace orrery {
namespace {

std::int64_t loss_class_dim(const at::Tensor& scores) { return scores.dim() == 1 ? 0 : 1; }

// As at::nll_loss_nd lays them out: what is neither a list nor an image is an image of one row.
struct Labelled {
  at::Tensor scores, labels;
  bool images;
};

Labelled laid_out(const at::Tensor& scores, const at::Tensor& labels) {
  if (scores.dim() <= 2 || scores.dim() == 4) return {scores, labels, scores.dim() == 4};
  const std::int64_t samples = scores.size(0), classes = scores.size(1);
  const bool empty = scores.numel() == 0;
  const std::int64_t rows = empty ? 0 : 1, columns = empty ? 0 : -1;
  return {scores.contiguous().view({samples, classes, rows, columns}),
          labels.contiguous().view({samples, rows, columns}), true};
}

struct LabelOptions {
  std::int64_t reduction, ignored;

  explicit LabelOptions(const Attributes& a)
      : reduction(loss_reduction(a)), ignored(a.integer("ignore_index")) {}
};

// The loss, and the sum of the weights that it was divided by.
std::pair<at::Tensor, at::Tensor> nll_with_total(const at::Tensor& scores, const at::Tensor& labels,
                                                 const at::Tensor& weight, const LabelOptions& o) {
  const Labelled all = laid_out(scores, labels);
  auto [loss, total] = all.images
                           ? at::nll_loss2d_forward(all.scores, all.labels, weight, o.reduction, o.ignored)
                           : at::nll_loss_forward(all.scores, all.labels, weight, o.reduction, o.ignored);
  const bool each = o.reduction == at::Reduction::None && all.images;
  return {each ? loss.view(labels.sizes()) : loss, total};
}

at::Tensor nll_gradient(const at::Tensor& gradient, const at::Tensor& scores, const at::Tensor& labels,
                        const at::Tensor& weight, const at::Tensor& total, const LabelOptions& o) {
  const Labelled all = laid_out(scores, labels);
  if (!all.images)
    return at::nll_loss_backward(gradient, all.scores, all.labels, weight, o.reduction, o.ignored, total);
  const at::Tensor each =
      o.reduction == at::Reduction::None ? gradient.reshape(all.labels.sizes()) : gradient;
  return at::nll_loss2d_backward(each, all.scores, all.labels, weight, o.reduction, o.ignored, total)
      .view(scores.sizes());
}

at::Tensor along_classes(const at::Tensor& weight, const at::Tensor& scores) {
  std::vector<std::int64_t> sizes(static_cast<size_t>(scores.dim()), 1);
  sizes[static_cast<size_t>(loss_class_dim(scores))] = weight.numel();
  return weight.view(sizes);
}

// Cross entropy, from the logarithms of the probabilities.
class CrossEntropy {
 public:
  CrossEntropy(const KernelContext& k, at::Tensor scores, at::Tensor weight)
      : options_(k.attributes),
        smoothing_(k.attributes.real("label_smoothing")),
        target_(k.input(1)),
        scores_(std::move(scores)),
        weight_(std::move(weight)) {}

  bool of_probabilities() const { return scores_.sizes() == target_.sizes(); }

  at::Tensor of_probable() const {
    const at::Tensor losses = weighted(scores_ * smoothed_target());
    if (options_.reduction == at::Reduction::None) return -losses.sum(loss_class_dim(scores_));
    if (options_.reduction == at::Reduction::Sum) return -losses.sum();
    return -losses.sum() / samples();
  }

  std::pair<at::Tensor, at::Tensor> of_labels() const {
    auto [loss, total] = nll_with_total(scores_, target_, weight_, options_);
    if (smoothing_ == 0) return {loss, total};
    return {(1 - smoothing_) * loss + evenly() * (smoothing_ / classes()), total};
  }

  // Of the scores and of the target, for a gradient of the loss.
  std::pair<at::Tensor, at::Tensor> probable_gradients(const at::Tensor& gradient) const {
    at::Tensor each = -gradient;
    if (options_.reduction == at::Reduction::None) each = each.unsqueeze(loss_class_dim(scores_));
    if (options_.reduction == at::Reduction::Mean) each = each / samples();
    each = weighted(each.expand(scores_.sizes()));
    return {each * smoothed_target(), each * scores_ * (1 - smoothing_)};
  }

  at::Tensor label_gradient(const at::Tensor& gradient, const at::Tensor& total) const {
    if (smoothing_ == 0) return nll_gradient(gradient, scores_, target_, weight_, total, options_);
    const at::Tensor labelled =
        nll_gradient(gradient * (1 - smoothing_), scores_, target_, weight_, total, options_);
    at::Tensor even = gradient * (-smoothing_ / classes());
    if (options_.reduction == at::Reduction::Mean) even = even / total;
    even = even.expand(target_.sizes()).masked_fill(ignored(), 0).unsqueeze(loss_class_dim(scores_));
    return labelled + weighted(even);
  }

 private:
  double classes() const { return static_cast<double>(scores_.size(loss_class_dim(scores_))); }
  double samples() const { return static_cast<double>(scores_.numel()) / classes(); }
  at::Tensor ignored() const { return target_ == options_.ignored; }

  at::Tensor weighted(const at::Tensor& each) const {
    return weight_.defined() ? each * along_classes(weight_, scores_) : each;
  }

  at::Tensor smoothed_target() const {
    return smoothing_ == 0 ? target_ : target_ * (1 - smoothing_) + smoothing_ / classes();
  }

  // The loss of labels that are every class at once.
  at::Tensor evenly() const {
    const at::Tensor losses = (-weighted(scores_).sum(loss_class_dim(scores_))).masked_fill(ignored(), 0);
    if (options_.reduction == at::Reduction::None) return losses;
    if (options_.reduction == at::Reduction::Sum) return losses.sum();
    const at::Tensor counted = ignored().logical_not();
    if (!weight_.defined()) return losses.masked_select(counted).mean();
    return losses.sum() / weight_.gather(0, target_.masked_select(counted).flatten()).sum();
  }

  LabelOptions options_;
  double smoothing_;
  at::Tensor target_, scores_, weight_;
};

}  // namespace

// The scores themselves are not needed again: what is kept takes as much room.
Kept cross_entropy_keeping(const KernelContext& k) {
  const at::Tensor weight = loss_weights(k, "weight", 2);
  const at::Tensor scores = at::log_softmax(k.input(0), loss_class_dim(k.input(0)));
  const CrossEntropy entropy(k, scores, weight);
  if (entropy.of_probabilities()) return {{entropy.of_probable()}, {scores, weight, {}}};
  const auto [loss, total] = of_classes(k, [&] { return entropy.of_labels(); });
  return {{loss}, {scores, weight, total}};
}

std::vector<at::Tensor> cross_entropy_backward(const DerivativeContext& d) {
  const at::Tensor& scores = d.kept[0];
  const CrossEntropy entropy(d.call, scores, d.kept[1]);
  const auto [of_scores, of_target] =
      entropy.of_probabilities() ? entropy.probable_gradients(d.gradient())
                                 : std::pair(entropy.label_gradient(d.gradient(), d.kept[2]), at::Tensor());
  at::Tensor of_input;
  if (d.wants(0))
    of_input =
        at::_log_softmax_backward_data(of_scores, scores, loss_class_dim(scores), scores.scalar_type());
  return d.result({of_input, d.for_input(1, of_target)});
}

Kept nll_keeping(const KernelContext& k) {
  const auto [loss, total] = of_classes(k, [&] {
    return nll_with_total(k.input(0), k.input(1), loss_weights(k, "weight", 2), LabelOptions(k.attributes));
  });
  return {{loss}, {total}};
}

std::vector<at::Tensor> nll_backward(const DerivativeContext& d) {
  return d.result(
      {nll_gradient(d.gradient(), d.call.input(0), d.call.input(1), loss_weights(d.call, "weight", 2),
                    d.kept[0], LabelOptions(d.call.attributes))});
}

std::vector<at::Tensor> multi_margin_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  return d.result({at::multi_margin_loss_backward(d.gradient(), d.call.input(0), d.call.input(1),
                                                  a.integer("p"), a.real("margin"),
                                                  loss_weights(d.call, "weight", 2), loss_reduction(a))});
}

Kept multilabel_margin_keeping(const KernelContext& k) {
  const auto [loss, is_target] =
      at::multilabel_margin_loss_forward(k.input(0), k.input(1), loss_reduction(k.attributes));
  return {{loss}, {is_target}};
}

std::vector<at::Tensor> multilabel_margin_backward(const DerivativeContext& d) {
  return d.result({at::multilabel_margin_loss_backward(d.gradient(), d.call.input(0), d.call.input(1),
                                                       loss_reduction(d.call.attributes), d.kept[0])});
}

std::vector<at::Tensor> multilabel_soft_margin_backward(const DerivativeContext& d) {
  const at::Tensor &scores = d.call.input(0), &target = d.call.input(1);
  const at::IntArrayRef rows = scores.sizes().slice(0, static_cast<size_t>(scores.dim() - 1));
  at::Tensor each = spread_loss_gradient(d, rows).unsqueeze(-1) / scores.size(-1);
  if (const at::Tensor weight = loss_weights(d.call, "weight", 2); weight.defined()) each = each * weight;
  at::Tensor of_scores, of_target;
  if (d.wants(0)) of_scores = each * ((1 - target) * scores.sigmoid() - target * (-scores).sigmoid());
  if (d.wants(1)) of_target = each * (at::log_sigmoid(-scores) - at::log_sigmoid(scores));
  return d.result({d.for_input(0, of_scores), d.for_input(1, of_target)});
}

}  // namespace orrery
