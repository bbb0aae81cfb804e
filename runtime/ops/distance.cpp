#include <fmt/format.h>

#include "runtime/ops/broadcast.h"
#include "runtime/ops/families.h"
#include "runtime/ops/options.h"
#include "runtime/ops/promotion.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

using Rule = std::vector<TensorType> (*)(ShapeContext&);

DType common_dtype(const ShapeContext& context) {
  return result_type({operand(context.input(0)), operand(context.input(1))});
}

std::vector<TensorType> cosine_similarity_rule(ShapeContext& context) {
  const DType dtype = common_dtype(context);
  if (!is_floating(dtype)) context.expect_floating(0);
  Shape shape = broadcast(context, 1, context.shape(0), context.shape(1));
  const TensorType both{shape, dtype};
  const int dim =
      ShapeContext({&both}, context.attributes()).wrapped_dim(0, context.attributes().integer("dim"));
  if (!shape.empty()) shape.erase(shape.begin() + dim);
  return {{shape, dtype}};
}

std::vector<TensorType> pairwise_distance_rule(ShapeContext& context) {
  for (int port : {0, 1}) {
    if (context.rank(port) == 0)
      context.expects(port, "vectors, an input of at least 1 dimension", "a scalar");
    if (context.input(port).dtype == DType::boolean)
      context.expects_dtype(port, "an input of numbers", "Convert it first: x:to(\"float32\").");
  }
  Shape shape = broadcast(context, 1, context.shape(0), context.shape(1));
  shape.pop_back();
  if (context.attributes().boolean("keepdim")) shape.emplace_back(1);
  return {{shape, floating_result(common_dtype(context))}};
}

void expect_single_or_double(ShapeContext& context, int port) {
  const DType dtype = context.input(port).dtype;
  if (dtype != DType::float32 && dtype != DType::float64)
    context.expects_floats(port, "an input of dtype float32 or float64",
                           "Convert it first: x:to(\"float32\").");
}

// Everything before the last two dimensions is a batch.
std::vector<TensorType> cdist_rule(ShapeContext& context) {
  for (int port : {0, 1}) {
    if (context.rank(port) < 2)
      context.expects(port, "vectors in rows, (…, rows, features)", str(context.shape(port)));
    expect_single_or_double(context, port);
  }
  if (context.input(0).dtype != context.input(1).dtype)
    context.expects_dtype(1, fmt::format("an input of dtype {}, as x1", name(context.input(0).dtype)));
  const Shape &x1 = context.shape(0), &x2 = context.shape(1);
  context.expect_equal(1, x2.back(), x1.back(), fmt::format("{} features, as x1", x1.back().str()),
                       x2.back().str());
  Shape shape = broadcast(context, 1, Shape(x1.begin(), x1.end() - 2), Shape(x2.begin(), x2.end() - 2));
  shape.push_back(x1[x1.size() - 2]);
  shape.push_back(x2[x2.size() - 2]);
  return {{shape, context.input(0).dtype}};
}

std::vector<TensorType> pdist_rule(ShapeContext& context) {
  context.expect_rank(0, 2, 2, "(rows, features)");
  expect_single_or_double(context, 0);
  const Dim rows = context.shape()[0];
  return {{{floor_div(rows * (rows - 1), 2)}, context.input(0).dtype}};
}

std::vector<Port> pair() {
  return {{.name = "x1", .doc = "the one side"}, {.name = "x2", .doc = "the other; both broadcast"}};
}

Attribute norm_exponent(bool negative) {
  Attribute p = real_or("p", 2, "exponent of the norm");
  if (!negative) p.min = 0;
  return p;
}

struct Distance {
  std::string layer, method;  ///< empty where there is none
  std::string doc;
  Rule shape;
  std::vector<Attribute> options;
  std::string module = "torch.nn.functional.";
};

std::vector<Distance> distances() {
  const std::string kUseMm = "use_mm_for_euclid_dist_if_necessary";
  return {
      {"CosineSimilarity",
       "cosine_similarity",
       "Cosine of the angle between vectors along a dimension.",
       cosine_similarity_rule,
       {integer_or("dim", 1, "the dimension of the vectors"), real_or("eps", 1e-8, "the least norm")}},
      {"PairwiseDistance",
       "pairwise_distance",
       "Norm of the difference of vectors in the last dimension.",
       pairwise_distance_rule,
       {norm_exponent(true), real_or("eps", 1e-6, "added to the difference"),
        flag("keepdim", false, "keeps the last dimension, of size 1")}},
      {"",
       "cdist",
       "Distances between all rows of two matrices.",
       cdist_rule,
       {norm_exponent(false),
        {.name = "compute_mode",
         .type = AttributeType::text,
         .doc = "whether Euclidean distances are computed by a matrix product",
         .value = kUseMm,
         .choices = {kUseMm, "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist"}}},
       "torch."},
      {"",
       "pdist",
       "Distances between all pairs of rows: (0, 1), (0, 2), …, (1, 2), ….",
       pdist_rule,
       {norm_exponent(false)}},
  };
}

Descriptor described(const Distance& distance) {
  Descriptor d{.category = Category::distance, .doc = distance.doc};
  d.inputs = pair();
  d.attributes = distance.options;
  d.shape = distance.shape;
  return distance.method == "cosine_similarity" ? d : keeping(std::move(d));
}

Descriptor layer_of(const Distance& distance) {
  Descriptor d = described(distance);
  d.name = distance.layer;
  d.kind = OperationKind::layer;
  d.parameters = no_parameters;
  d.torch = "torch.nn." + d.name;
  d.transform = distance.method;
  return d;
}

Descriptor method_of(const Distance& distance) {
  Descriptor d = described(distance);
  d.name = distance.method;
  if (distance.shape == pdist_rule) d.inputs = {input_port("(rows, features)")};
  d.torch = distance.module + d.name;
  return d;
}

}  // namespace

void add_distance(Registry& registry) {
  for (const Distance& distance : distances()) {
    if (!distance.layer.empty()) registry.add(layer_of(distance));
    registry.add(method_of(distance));
  }
}

}  // namespace orrery
