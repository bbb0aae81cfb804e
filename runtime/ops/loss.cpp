#include <fmt/format.h>

#include "runtime/ops/families.h"
#include "runtime/ops/options.h"
#include "runtime/ops/promotion.h"

namespace orrery {
namespace {

constexpr int kTarget = 1;

// The scores' shape without their classes: what one loss each belongs to.
Shape places_of(const Shape& scores) {
  Shape shape = scores;
  shape.erase(shape.begin() + (scores.size() == 1 ? 0 : 1));
  return shape;
}

std::vector<TensorType> reduced(const ShapeContext& context, Shape each, DType dtype) {
  if (context.attributes().text("reduction") != "none") each.clear();
  return {{each, dtype}};
}

void expect_scores(ShapeContext& context) {
  if (context.rank() == 0)
    context.expects(0, "scores of shape (N, classes), (N, classes, …) or (classes)", "a scalar");
  context.expect_floating(0);
}

void expect_label_dtype(ShapeContext& context) {
  const DType dtype = context.input(kTarget).dtype;
  const bool bytes = dtype == DType::uint8 && context.rank() <= 2;
  if (dtype != DType::int64 && !bytes)
    context.expects_dtype(kTarget, "int64 class labels", "Convert them first: label:to(\"int64\").");
}

// Labels in a column (N, 1) are the commonest mistake here.
std::string remedy_for(const Shape& target, const Shape& wanted) {
  const bool column = target.size() == wanted.size() + 1 && target.back() == Dim(1);
  return column ? fmt::format("Drop the last dimension: label:squeeze({}).", target.size() - 1) : "";
}

void expect_target_shape(ShapeContext& context, const Shape& wanted, const std::string& what) {
  const Shape& target = context.shape(kTarget);
  const std::string expected = fmt::format("{} of shape {}", what, str(wanted));
  if (target.size() != wanted.size())
    context.expects(kTarget, expected, str(target), remedy_for(target, wanted));
  for (size_t i = 0; i < wanted.size(); ++i)
    context.expect_equal(kTarget, target[i], wanted[i], expected, str(target));
}

std::vector<TensorType> class_loss(ShapeContext& context) {
  const Shape each = places_of(context.shape());
  expect_target_shape(context, each, "class labels");
  expect_label_dtype(context);
  return reduced(context, each, context.input(0).dtype);
}

std::vector<TensorType> nll_loss_shape(ShapeContext& context) {
  expect_scores(context);
  return class_loss(context);
}

// A floating target of the scores' own rank holds a probability for each class.
std::vector<TensorType> cross_entropy_shape(ShapeContext& context) {
  expect_scores(context);
  const TensorType& target = context.input(kTarget);
  if (context.rank(kTarget) != context.rank() || !is_floating(target.dtype)) return class_loss(context);
  expect_target_shape(context, context.shape(), "class probabilities");
  const std::int64_t ignored = context.attributes().integer("ignore_index");
  if (ignored >= 0)
    context.expects_option("no ignore_index when the target holds probabilities", std::to_string(ignored));
  return reduced(context, places_of(context.shape()), promote(context.input(0).dtype, target.dtype));
}

std::vector<TensorType> mse_loss_shape(ShapeContext& context) {
  const Shape& input = context.shape();
  const Shape& target = context.shape(kTarget);
  const std::string expected = fmt::format("a target of shape {}, like its input", str(input));
  if (input.size() != target.size())
    context.expects(kTarget, expected, str(target),
                    "Bring both to one shape, for example with unsqueeze, squeeze or view.");
  for (size_t i = 0; i < input.size(); ++i)
    context.expect_equal(kTarget, target[i], input[i], expected, str(target));
  const DType dtype = result_type({operand(context.input(0)), operand(context.input(kTarget))});
  if (!is_floating(dtype)) context.expect_floating(0);
  return reduced(context, input, dtype);
}

std::vector<Port> loss_ports(std::string input, std::string target) {
  return {input_port(std::move(input)), {.name = "target", .doc = std::move(target), .label = true}};
}

Attribute ignore_index() {
  return integer_or("ignore_index", -100, "labels of this value count for nothing");
}

}  // namespace

void add_loss(Registry& registry) {
  const std::string labels = "class labels (N) or (N, …), int64";
  registry.add(
      {.name = "CrossEntropyLoss",
       .kind = OperationKind::layer,
       .category = Category::loss,
       .doc = "Softmax and negative log likelihood in one: scores against class labels or probabilities.",
       .inputs = loss_ports("scores (N, classes) or (N, classes, …)",
                            labels + "; or probabilities shaped like the scores"),
       .attributes = {ignore_index(),
                      reduction(),
                      {.name = "label_smoothing",
                       .type = AttributeType::real,
                       .doc = "share of each target that is spread over all classes",
                       .value = 0.0,
                       .min = 0,
                       .max = 1}},
       .shape = cross_entropy_shape,
       .parameters = no_parameters,
       .torch = "torch.nn.CrossEntropyLoss",
       .onnx = "SoftmaxCrossEntropyLoss"});
  registry.add({.name = "NLLLoss",
                .kind = OperationKind::layer,
                .category = Category::loss,
                .doc = "Negative log likelihood: log probabilities against class labels.",
                .inputs = loss_ports("log probabilities (N, classes) or (N, classes, …)", labels),
                .attributes = {ignore_index(), reduction()},
                .shape = nll_loss_shape,
                .parameters = no_parameters,
                .torch = "torch.nn.NLLLoss",
                .onnx = "NegativeLogLikelihoodLoss"});
  registry.add({.name = "MSELoss",
                .kind = OperationKind::layer,
                .category = Category::loss,
                .doc = "Mean squared error; both sides must have one shape, where PyTorch would broadcast "
                       "with a warning.",
                .inputs = loss_ports("(…)", "as the input"),
                .attributes = {reduction()},
                .shape = mse_loss_shape,
                .parameters = no_parameters,
                .torch = "torch.nn.MSELoss"});
}

}  // namespace orrery
