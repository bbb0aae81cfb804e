#include <fmt/format.h>

#include "runtime/ops/loss.h"
#include "runtime/ops/options.h"
#include "runtime/ops/promotion.h"

namespace orrery {
namespace {

constexpr int kLabels = 1, kInputLengths = 2, kTargetLengths = 3;

Dim classes_of(const Shape& scores) { return scores[scores.size() == 1 ? 0 : 1]; }

// The scores' shape without their classes: what one loss each belongs to.
Shape places_of(const Shape& scores) {
  Shape shape = scores;
  shape.erase(shape.begin() + (scores.size() == 1 ? 0 : 1));
  return shape;
}

void expect_scores(ShapeContext& context) {
  if (context.rank() == 0)
    context.expects(0, "scores of shape (N, classes), (N, classes, …) or (classes)", "a scalar");
  const bool swapped = is_integral(context.input(0).dtype) && is_floating(context.input(kLabels).dtype);
  if (swapped)
    throw RuleBroken{"integer-input", 0, "a floating-point input", std::string(name(context.input(0).dtype)),
                     "The scores come first, then the labels."};
  context.expect_floating(0);
}

void expect_label_dtype(ShapeContext& context) {
  const DType dtype = context.input(kLabels).dtype;
  const bool bytes = dtype == DType::uint8 && context.rank() <= 2;
  if (dtype != DType::int64 && !bytes)
    context.expects_dtype(kLabels, "int64 class labels", "Convert them first: label:to(\"int64\").");
}

std::vector<TensorType> labelled(ShapeContext& context) {
  const Shape each = places_of(context.shape());
  expect_shape_of(context, kLabels, each, "class labels");
  expect_label_dtype(context);
  return reduced(context, each, context.input(0).dtype);
}

std::vector<TensorType> nll_loss_rule(ShapeContext& context) {
  expect_scores(context);
  expect_class_weights(context, classes_of(context.shape()));
  return labelled(context);
}

// A floating target of the scores' own rank holds a probability for each class.
std::vector<TensorType> cross_entropy_rule(ShapeContext& context) {
  expect_scores(context);
  expect_class_weights(context, classes_of(context.shape()));
  const TensorType& target = context.input(kLabels);
  if (context.rank(kLabels) != context.rank() || !is_floating(target.dtype)) return labelled(context);
  expect_shape_of(context, kLabels, context.shape(), "class probabilities");
  const std::int64_t ignored = context.attributes().integer("ignore_index");
  if (ignored >= 0)
    context.expects_option("no ignore_index when the target holds probabilities", std::to_string(ignored));
  return reduced(context, places_of(context.shape()), promote(context.input(0).dtype, target.dtype));
}

// LibTorch computes the margins of classes in these dtypes only.
void expect_margin_dtypes(ShapeContext& context) {
  const DType dtype = context.input(0).dtype;
  if (dtype != DType::float32 && dtype != DType::float64)
    context.expects_floats(0, "scores of dtype float32 or float64", "Convert them first: x:to(\"float32\").");
  if (context.input(kLabels).dtype != DType::int64)
    context.expects_dtype(kLabels, "int64 class labels", "Convert them first: label:to(\"int64\").");
}

std::vector<TensorType> multi_margin_rule(ShapeContext& context) {
  context.expect_rank(0, 1, 2, "(N, classes) or (classes)");
  expect_margin_dtypes(context);
  expect_class_weights(context, context.shape().back());
  const Shape each = places_of(context.shape());
  expect_shape_of(context, kLabels, each, "class labels");
  return reduced(context, each, context.input(0).dtype);
}

std::vector<TensorType> multilabel_margin_rule(ShapeContext& context) {
  context.expect_rank(0, 1, 2, "(N, classes) or (classes)");
  expect_margin_dtypes(context);
  expect_like_input(context, kLabels);
  return reduced(context, places_of(context.shape()), context.input(0).dtype);
}

std::vector<TensorType> multilabel_soft_margin_rule(ShapeContext& context) {
  if (context.rank() == 0) context.expects(0, "scores of shape (N, classes) or (classes)", "a scalar");
  context.expect_floating(0);
  expect_no_boolean(context, kLabels);
  expect_like_input(context, kLabels);
  expect_class_weights(context, context.shape().back());
  Shape each = context.shape();
  each.pop_back();
  return reduced(context, each, result_type({operand(context.input(0)), operand(context.input(kLabels))}));
}

void expect_integers(const ShapeContext& context, int port) {
  const DType dtype = context.input(port).dtype;
  if (dtype != DType::int64 && dtype != DType::int32)
    context.expects_dtype(port, "int64 or int32 numbers", "Convert them first: x:to(\"int64\").");
}

void expect_ctc_dtypes(ShapeContext& context) {
  const DType dtype = context.input(0).dtype;
  if (dtype != DType::float32 && dtype != DType::float64)
    context.expects_floats(0, "log probabilities of dtype float32 or float64",
                           "Convert them first: x:to(\"float32\").");
  for (int port : {kLabels, kInputLengths, kTargetLengths}) expect_integers(context, port);
}

// Targets lie in rows, or one behind the other; without a batch there is one of each.
std::vector<TensorType> ctc_rule(ShapeContext& context) {
  context.expect_rank(0, 2, 3, "(T, N, classes) or (T, classes)");
  expect_ctc_dtypes(context);
  const bool batched = context.rank() == 3;
  const Shape each = batched ? Shape{context.shape()[1]} : Shape{};
  context.expect_rank(kLabels, 1, batched ? 2 : 1, batched ? "(N, length) or (sum of lengths)" : "(length)");
  if (context.rank(kLabels) == 2)
    context.expect_equal(kLabels, context.shape(kLabels)[0], each[0],
                         fmt::format("{} rows of labels", each[0].str()), str(context.shape(kLabels)));
  expect_shape_of(context, kInputLengths, each, "input lengths");
  expect_shape_of(context, kTargetLengths, each, "target lengths");
  const std::int64_t blank = context.attributes().integer("blank");
  context.expect_at_least(0, context.shape().back(), blank + 1,
                          fmt::format("more than {} classes, as the blank is {}", blank, blank),
                          context.shape().back().str());
  return reduced(context, each, context.input(0).dtype);
}

std::vector<Port> ctc_ports() {
  return {
      {.name = "log_probs", .doc = "(T, N, classes) or (T, classes), as log_softmax gives them"},
      {.name = "targets", .doc = "labels (N, length), or all of them one behind the other", .label = true},
      {.name = "input_lengths", .doc = "how many of the T steps count, (N)", .label = true},
      {.name = "target_lengths", .doc = "how many labels each target has, (N)", .label = true}};
}

std::vector<Port> score_ports(std::string input, std::string target) {
  std::vector<Port> ports = loss_ports(std::move(input), std::move(target));
  ports[0].scores = true;
  return ports;
}

Attribute blank() {
  Attribute attribute = integer_or("blank", 0, "the class of no label");
  attribute.min = 0;
  return attribute;
}

}  // namespace

std::vector<Loss> class_losses() {
  const std::string labels = "class labels (N) or (N, …), int64";
  const Attribute weight = weights("weight", "importance of each class");
  const Attribute ignore = integer_or("ignore_index", -100, "labels of this value count for nothing");
  Attribute p = integer_or("p", 1, "exponent of the margin: 1 or 2");
  p.min = 1;
  p.max = 2;
  return {
      {"CrossEntropyLoss",
       "cross_entropy",
       "Softmax and negative log likelihood in one: scores against class labels or probabilities.",
       score_ports("scores (N, classes) or (N, classes, …)",
                   labels + "; or probabilities shaped like the scores"),
       {weight, ignore, reduction(),
        probability("label_smoothing", 0, "share of each target that is spread over all classes")},
       cross_entropy_rule,
       "SoftmaxCrossEntropyLoss"},
      {"NLLLoss",
       "nll_loss",
       "Negative log likelihood: log probabilities against class labels.",
       score_ports("log probabilities (N, classes) or (N, classes, …)", labels),
       {weight, ignore, reduction()},
       nll_loss_rule,
       "NegativeLogLikelihoodLoss"},
      {"MultiMarginLoss",
       "multi_margin_loss",
       "Wants the score of the right class above the others by a margin.",
       loss_ports("scores (N, classes) or (classes)", "class labels (N) or (), int64"),
       {p, real_or("margin", 1, "by how much"), weight, reduction()},
       multi_margin_rule},
      {"MultiLabelMarginLoss",
       "multilabel_margin_loss",
       "Wants the scores of several right classes above the others by 1.",
       loss_ports("scores (N, classes) or (classes)", "shaped like the scores: the right classes, then -1"),
       {reduction()},
       multilabel_margin_rule},
      {"MultiLabelSoftMarginLoss",
       "multilabel_soft_margin_loss",
       "Binary cross entropy of each class's score, averaged over the classes.",
       loss_ports("scores (N, classes)", "0 or 1 for each class, shaped like the scores"),
       {weight, reduction()},
       multilabel_soft_margin_rule},
      {"CTCLoss",
       "ctc_loss",
       "Sums the probabilities of all ways in which a sequence may hold its labels.",
       ctc_ports(),
       {blank(), reduction(), flag("zero_infinity", false, "losses of targets that do not fit become 0")},
       ctc_rule},
  };
}

}  // namespace orrery
