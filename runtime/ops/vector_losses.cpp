#include <cmath>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/ops/initialisation.h"
#include "runtime/ops/loss.h"
#include "runtime/ops/options.h"
#include "runtime/ops/promotion.h"

namespace orrery {
namespace {

constexpr int kSecond = 1, kThird = 2;

std::vector<TensorType> margin_ranking_rule(ShapeContext& context) {
  context.expect_floating(0);
  expect_input_dtype(context, kSecond);
  expect_no_boolean(context, kThird);
  for (int port : {kSecond, kThird}) expect_like_input(context, port);
  const DType dtype = result_type({operand(context.input(0)), operand(context.input(kThird))});
  return reduced(context, context.shape(), dtype);
}

Shape without_last(Shape shape) {
  shape.pop_back();
  return shape;
}

std::vector<TensorType> cosine_embedding_rule(ShapeContext& context) {
  context.expect_rank(0, 1, 2, "(N, D) or (D)");
  context.expect_floating(0);
  expect_input_dtype(context, kSecond);
  expect_like_input(context, kSecond);
  const Shape each = without_last(context.shape());
  expect_shape_of(context, kThird, each, "signs");
  return reduced(context, each, context.input(0).dtype);
}

std::vector<TensorType> triplet_rule(ShapeContext& context) {
  if (context.rank() == 0) context.expects(0, "vectors (N, D) or (D)", "a scalar");
  context.expect_floating(0);
  for (int port : {kSecond, kThird}) {
    expect_input_dtype(context, port);
    expect_like_input(context, port);
  }
  return reduced(context, without_last(context.shape()), context.input(0).dtype);
}

std::vector<Port> with_target(const std::string& doc, const std::string& target) {
  return {{.name = "input1", .doc = doc},
          {.name = "input2", .doc = "as input1"},
          {.name = "target", .doc = target, .label = true}};
}

}  // namespace

std::vector<Loss> vector_losses() {
  return {
      {"MarginRankingLoss",
       "margin_ranking_loss",
       "Wants one input above the other by a margin: the first where the target is 1, the second where it is "
       "-1.",
       with_target("(…)", "1 or -1, as input1"),
       {real_or("margin", 0, "by how much"), reduction()},
       margin_ranking_rule},
      {"CosineEmbeddingLoss",
       "cosine_embedding_loss",
       "Wants vectors alike where the target is 1, and no cosine above a margin where it is -1.",
       with_target("vectors (N, D) or (D)", "1 or -1, (N) or ()"),
       {real_or("margin", 0, "the cosine that costs nothing"), reduction()},
       cosine_embedding_rule},
      {"TripletMarginLoss",
       "triplet_margin_loss",
       "Wants each anchor nearer to its positive than to its negative by a margin.",
       {{.name = "anchor", .doc = "vectors (N, D) or (D)"},
        {.name = "positive", .doc = "what should be near, as anchor"},
        {.name = "negative", .doc = "what should be far, as anchor"}},
       {real_or("margin", 1, "by how much"), real_or("p", 2, "exponent of the norm"),
        real_or("eps", 1e-6, "added to the differences"),
        flag("swap", false, "takes the distance from positive to negative where it is smaller"), reduction()},
       triplet_rule},
  };
}

namespace {

// Each cluster of rarer classes is reached over a narrower layer.
std::int64_t width(const Attributes& a, size_t cluster) {
  const double divisor = std::pow(a.real("div_value"), static_cast<double>(cluster + 1));
  return static_cast<std::int64_t>(std::floor(static_cast<double>(a.integer("in_features")) / divisor));
}

void check_cutoffs(const Attributes& a) {
  const std::vector<std::int64_t>& cutoffs = a.integers("cutoffs");
  std::int64_t last = 0;
  for (std::int64_t cutoff : cutoffs) {
    check(cutoff > last && cutoff < a.integer("n_classes"), Fault::usage,
          "cutoffs must increase from at least 1 to at most n_classes - 1 = {}, got {}",
          a.integer("n_classes") - 1, str(AttributeValue(cutoffs)));
    last = cutoff;
  }
  check(!cutoffs.empty(), Fault::usage, "cutoffs must have at least one class");
  check(width(a, cutoffs.size() - 1) >= 1, Fault::usage,
        "div_value is too large: the last cluster would be reached over no feature");
}

std::vector<ParameterSpec> adaptive_parameters(const Attributes& a) {
  check_cutoffs(a);
  const std::vector<std::int64_t>& cutoffs = a.integers("cutoffs");
  const std::int64_t in = a.integer("in_features"), clusters = static_cast<std::int64_t>(cutoffs.size());
  const DType dtype = a.dtype("dtype");
  std::vector<ParameterSpec> specs = {
      {"head.weight", {cutoffs[0] + clusters, in}, kaiming_uniform(in), false, dtype}};
  if (a.boolean("head_bias"))
    specs.push_back({"head.bias", {cutoffs[0] + clusters}, fan_in_uniform(in), false, dtype});
  for (size_t i = 0; i < cutoffs.size(); ++i) {
    const std::int64_t end = i + 1 < cutoffs.size() ? cutoffs[i + 1] : a.integer("n_classes");
    const std::int64_t hidden = width(a, i);
    specs.push_back({fmt::format("tail.{}.0.weight", i), {hidden, in}, kaiming_uniform(in), false, dtype});
    specs.push_back({fmt::format("tail.{}.1.weight", i),
                     {end - cutoffs[i], hidden},
                     kaiming_uniform(hidden),
                     false,
                     dtype});
  }
  return specs;
}

std::vector<TensorType> adaptive_rule(ShapeContext& context) {
  context.expect_rank(0, 1, 2, "(N, in_features) or (in_features)");
  expect_parameter_dtype(context, 0);
  expect_size_of(context, 0, context.rank() - 1, "in_features", "input features");
  const Shape each = without_last(context.shape());
  expect_shape_of(context, kSecond, each, "class labels");
  if (context.input(kSecond).dtype != DType::int64)
    context.expects_dtype(kSecond, "int64 class labels", "Convert them first: label:to(\"int64\").");
  return {{each, context.input(0).dtype}, {{}, context.input(0).dtype}};
}

// The head's; how often the clusters are computed depends on the labels.
Dim adaptive_flops(const CostContext& cost) {
  const std::vector<std::int64_t>& cutoffs = cost.attributes.integers("cutoffs");
  return 2 * numel(cost.inputs[0]->shape) * (cutoffs[0] + static_cast<std::int64_t>(cutoffs.size()));
}

}  // namespace

Descriptor adaptive_log_softmax() {
  Descriptor d{.name = "AdaptiveLogSoftmaxWithLoss",
               .kind = OperationKind::layer,
               .category = Category::loss,
               .doc =
                   "Softmax over very many classes: frequent ones at once, rarer ones in clusters, each over "
                   "fewer features."};
  d.inputs =
      loss_ports("(N, in_features) or (in_features)", "class labels (N) or (), frequent classes first");
  Attribute div_value = real_or("div_value", 4, "each cluster has so many times fewer features");
  div_value.min = 0;
  div_value.above_min = true;
  d.attributes = {count_of("in_features", "size of the input's last dimension"),
                  count_of("n_classes", "how many classes there are"),
                  {.name = "cutoffs",
                   .type = AttributeType::integers,
                   .doc = "the first class of each cluster, increasing",
                   .required = true,
                   .min = 1},
                  div_value,
                  flag("head_bias", false, "adds a learned bias to the frequent classes"),
                  parameter_dtype()};
  d.outputs = {"output", "loss"};
  d.shape = adaptive_rule;
  d.parameters = adaptive_parameters;
  d.flops = adaptive_flops;
  d.torch = "torch.nn.AdaptiveLogSoftmaxWithLoss";
  return d;
}

}  // namespace orrery
