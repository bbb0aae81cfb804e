#include <algorithm>

#include <ATen/ATen.h>

#include "runtime/engine/tensor_box.h"
#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

bool has_option(const RandomCase& one, const std::string& name) {
  const auto& entries = one.attributes.entries();
  return std::ranges::find(entries, name, &Attributes::Entry::name) != entries.end() &&
         one.attributes.has(name);
}

// A layer's weights; without them the option stays away.
void draw_weights(Entries& entries, Dice& dice) {
  for (const char* name : {"weight", "pos_weight"})
    if (AttributeValue* value = drawn(entries, name)) *value = Shape{dice.between(1, 3)};
}

Dim* classes_of(RandomCase& one) {
  Shape& scores = one.inputs[0]->shape;
  return scores.empty() ? nullptr : &scores[scores.size() == 1 ? 0 : 1];
}

void fit_class_weights(RandomCase& one, Dice& dice) {
  Dim* classes = classes_of(one);
  if (!classes || dice.one_in(6)) return;
  if (has_option(one, "weight")) *classes = one.attributes.shape("weight").front();
  if (one.inputs.size() > 2 && one.inputs[2]) one.inputs[2]->shape = {*classes};
}

// Labels lie where the scores are, one for all their classes.
void fit_labels(RandomCase& one, Dice& dice) {
  const Shape& scores = one.inputs[0]->shape;
  Shape& labels = one.inputs[1]->shape;
  if (!dice.one_in(6)) labels = scores;
  if (!labels.empty() && !dice.one_in(3)) labels.erase(labels.begin() + (labels.size() == 1 ? 0 : 1));
  if (!dice.one_in(4)) one.inputs[1]->dtype = DType::int64;
}

void fit_weighed_classes(RandomCase& one, Dice& dice) {
  fit_class_weights(one, dice);
  fit_labels(one, dice);
}

void fit_margins(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, 1, 2);
  fit_weighed_classes(one, dice);
}

void fit_several_labels(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, 1, 2);
  if (!dice.one_in(6)) one.inputs[1]->shape = one.inputs[0]->shape;
  if (!dice.one_in(6)) one.inputs[1]->dtype = DType::int64;
}

void fit_soft_margins(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, 1, 2);
  fit_class_weights(one, dice);
  if (!dice.one_in(6)) one.inputs[1]->shape = one.inputs[0]->shape;
}

// What is spread over the last dimension.
void fit_spread_weights(RandomCase& one, Dice& dice) {
  Shape& shape = one.inputs[0]->shape;
  for (const char* name : {"weight", "pos_weight"})
    if (!shape.empty() && has_option(one, name) && !dice.one_in(6))
      shape.back() = one.attributes.shape(name).front();
  if (!dice.one_in(6)) one.inputs[1] = one.inputs[0];
  for (size_t i = 2; i < one.inputs.size(); ++i)
    if (one.inputs[i] && !shape.empty() && dice.one_in(2)) one.inputs[i]->shape = {shape.back()};
}

void fit_variances(RandomCase& one, Dice& dice) {
  for (size_t i : {1, 2})
    if (!dice.one_in(6)) one.inputs[i] = one.inputs[0];
  Shape& var = one.inputs[2]->shape;
  if (!var.empty() && dice.one_in(3)) var.back() = 1;
  if (!var.empty() && dice.one_in(4)) var.pop_back();
}

void fit_like_first(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, 1, 2);
  for (size_t i = 1; i < one.inputs.size(); ++i)
    if (!dice.one_in(6)) one.inputs[i] = one.inputs[0];
}

void fit_signs(RandomCase& one, Dice& dice) {
  fit_like_first(one, dice);
  Shape& signs = one.inputs[2]->shape;
  if (!signs.empty() && !dice.one_in(6)) signs.pop_back();
}

void fit_sequences(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, 2, 3);
  const Shape& scores = one.inputs[0]->shape;
  const bool batched = scores.size() == 3;
  const Shape each = batched ? Shape{scores[1]} : Shape{};
  for (size_t i : {1, 2, 3}) {
    if (!dice.one_in(8)) one.inputs[i]->dtype = dice.one_in(3) ? DType::int32 : DType::int64;
    if (!dice.one_in(8)) one.inputs[i]->shape = each;
  }
  if (dice.one_in(8)) return;
  one.inputs[1]->shape.emplace_back(dice.between(1, 3));
  if (dice.one_in(3)) one.inputs[1]->shape = {dice.between(1, 3)};
}

void draw_clusters(Entries& entries, Dice& dice) {
  *drawn(entries, "in_features") = dice.between(4, 6);
  *drawn(entries, "n_classes") = dice.between(4, 8);
  *drawn(entries, "cutoffs") =
      dice.one_in(2) ? std::vector<std::int64_t>{1} : std::vector<std::int64_t>{1, 3};
  if (AttributeValue* divisor = drawn(entries, "div_value")) *divisor = 2.0;
}

void fit_clusters(RandomCase& one, Dice& dice) {
  Shape shape = random_shape(dice, 0, 1);
  if (!dice.one_in(6)) one.inputs[1] = TensorType{shape, DType::int64};
  shape.emplace_back(one.attributes.integer("in_features"));
  if (!dice.one_in(6)) one.inputs[0] = TensorType{shape, one.attributes.dtype("dtype")};
}

// A sign for each target; anything smooth elsewhere.
at::Tensor signs(const RandomCase& one, int port) {
  const TensorType& type = *one.inputs[port];
  return at::ones(values(type.shape), scalar_type(type.dtype));
}

// Targets one behind the other are as many as their lengths say.
at::Tensor sequence_values(const RandomCase& one, int port) {
  const TensorType& type = *one.inputs[port];
  at::Tensor lengths = at::zeros(values(type.shape), scalar_type(type.dtype));
  const bool joined = one.inputs[1]->shape.size() == 1;
  if (port == 3 && joined && lengths.numel() > 0) lengths.view(-1)[0].fill_(one.inputs[1]->shape[0].value());
  return lengths;
}

bool variances_are_not_raised(const RandomCase& one) { return one.attributes.real("eps") < 0.1; }

void add(CaseMakers& makers, const char* layer, const char* method, const CaseMaker& maker) {
  makers[layer] = makers[method] = maker;
}

void add_element_cases(CaseMakers& makers) {
  const std::string broadcasts = "PyTorch broadcasts and warns that this is likely a mistake";
  add(makers, "MSELoss", "mse_loss", {.stricter = broadcasts});
  add(makers, "L1Loss", "l1_loss", {.stricter = broadcasts});
  add(makers, "SmoothL1Loss", "smooth_l1_loss", {.stricter = broadcasts});
  add(makers, "HuberLoss", "huber_loss", {.stricter = broadcasts});
  add(makers, "KLDivLoss", "kl_div", {.stricter = broadcasts});
  add(makers, "PoissonNLLLoss", "poisson_nll_loss", {.stricter = broadcasts + "; integers give no gradient"});
  add(makers, "SoftMarginLoss", "soft_margin_loss", {.values = signs, .stricter = broadcasts});
  add(makers, "HingeEmbeddingLoss", "hinge_embedding_loss", {.values = signs, .stricter = broadcasts});
  add(makers, "GaussianNLLLoss", "gaussian_nll_loss",
      {.inputs = fit_variances, .stricter = broadcasts, .smooth = variances_are_not_raised});
  add(makers, "BCELoss", "binary_cross_entropy",
      {.options = draw_weights,
       .inputs = fit_spread_weights,
       .stricter = "LibTorch spreads one side over the other; PyTorch's function refuses that"});
  add(makers, "BCEWithLogitsLoss", "binary_cross_entropy_with_logits",
      {.options = draw_weights,
       .inputs = fit_spread_weights,
       .stricter = "LibTorch takes the target's dtype for the result, and weights that make it larger"});
}

void add_vector_cases(CaseMakers& makers) {
  const std::string broadcasts = "LibTorch broadcasts, and mixes dtypes";
  add(makers, "MarginRankingLoss", "margin_ranking_loss", {.inputs = fit_like_first, .stricter = broadcasts});
  add(makers, "CosineEmbeddingLoss", "cosine_embedding_loss",
      {.inputs = fit_signs, .values = signs, .stricter = broadcasts});
  add(makers, "TripletMarginLoss", "triplet_margin_loss", {.inputs = fit_like_first, .stricter = broadcasts});
}

}  // namespace

void add_loss_cases(CaseMakers& makers) {
  const std::string alone = "scores without a batch take a label in a list of one, whose result has no batch";
  add(makers, "CrossEntropyLoss", "cross_entropy", {.options = draw_weights, .inputs = fit_weighed_classes});
  makers["nll_loss"] = {.inputs = fit_weighed_classes, .stricter = alone};
  makers["NLLLoss"] = {.options = draw_weights, .inputs = fit_weighed_classes, .stricter = alone};
  add(makers, "MultiMarginLoss", "multi_margin_loss",
      {.options = draw_weights, .inputs = fit_margins, .stricter = alone});
  add(makers, "MultiLabelMarginLoss", "multilabel_margin_loss",
      {.inputs = fit_several_labels, .stricter = "LibTorch takes scalars for lists of one"});
  add(makers, "MultiLabelSoftMarginLoss", "multilabel_soft_margin_loss",
      {.options = draw_weights, .inputs = fit_soft_margins, .stricter = "LibTorch broadcasts"});
  add(makers, "CTCLoss", "ctc_loss",
      {.inputs = fit_sequences,
       .values = sequence_values,
       .stricter = "LibTorch cuts real labels off, and takes lengths of any shape"});
  makers["AdaptiveLogSoftmaxWithLoss"] = {
      .options = draw_clusters,
      .inputs = fit_clusters,
      .stricter = "PyTorch documents int64 labels; LibTorch takes int32 where all lie in the head"};
  add_element_cases(makers);
  add_vector_cases(makers);
}

}  // namespace orrery
