#include <fmt/format.h>

#include "runtime/ops/dims.h"
#include "runtime/ops/families.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

void expect_order(ShapeContext& context, int port = 0) {
  if (is_complex(context.input(port).dtype)) context.expects_dtype(port, "real numbers, which have an order");
}

// Values and where they stood.
std::vector<TensorType> with_indices(const ShapeContext& context, const Shape& shape) {
  return {{shape, context.input(0).dtype}, {shape, DType::int64}};
}

std::vector<TensorType> sort_rule(ShapeContext& context) {
  expect_order(context);
  context.wrapped_dim(0, context.attributes().integer("dim"));
  return with_indices(context, context.shape());
}
std::vector<TensorType> argsort_rule(ShapeContext& context) { return {sort_rule(context)[1]}; }

std::vector<TensorType> msort_rule(ShapeContext& context) {
  expect_order(context);
  return like_input(context);
}

void expect_no_boolean(ShapeContext& context) {
  if (context.input(0).dtype == DType::boolean)
    context.expects_dtype(0, "numbers", "Convert them first: x:to(\"uint8\").");
}

void expect_enough(ShapeContext& context, const Shape& shape, int dim, std::int64_t k) {
  const Dim size = shape.empty() ? Dim(1) : shape[dim];
  context.expect_at_least(0, size, k, fmt::format("at least {} elements along dimension {}", k, dim),
                          size.str());
}

std::vector<TensorType> topk_rule(ShapeContext& context) {
  expect_order(context);
  expect_no_boolean(context);
  const int dim = context.wrapped_dim(0, context.attributes().integer("dim"));
  const std::int64_t k = context.attributes().integer("k");
  Shape shape = context.shape();
  expect_enough(context, shape, dim, k);
  if (!shape.empty()) shape[dim] = k;
  return with_indices(context, shape);
}

std::vector<TensorType> kthvalue_rule(ShapeContext& context) {
  expect_order(context);
  expect_no_boolean(context);
  const int dim = context.wrapped_dim(0, context.attributes().integer("dim"));
  expect_enough(context, context.shape(), dim, context.attributes().integer("k"));
  return with_indices(context, without_dims(context.shape(), {dim}, context.attributes().boolean("keepdim")));
}

DType place_dtype(const ShapeContext& context) {
  return context.attributes().boolean("out_int32") ? DType::int32 : DType::int64;
}

void expect_comparable(ShapeContext& context) {
  for (int port : {0, 1}) expect_order(context, port);
  if (context.input(0).dtype == DType::boolean && context.input(1).dtype == DType::boolean)
    context.expects_dtype(1, "numbers");
}

std::vector<TensorType> bucketize_rule(ShapeContext& context) {
  if (context.rank(1) != 1) context.expects(1, "boundaries of 1 dimension", str(context.shape(1)));
  expect_comparable(context);
  return {{context.shape(), place_dtype(context)}};
}

std::vector<TensorType> searchsorted_rule(ShapeContext& context) {
  const Shape& sorted = context.shape(0);
  const Attributes& a = context.attributes();
  if (sorted.empty()) context.expects(0, "a sequence of at least 1 dimension", "a scalar");
  if (a.boolean("right") && a.has("side") && a.text("side") == "left")
    context.expects_option("one of right and side", "right = true, side = 'left'");
  expect_order(context);
  if (!context.linked(1)) {
    if (sorted.size() != 1) context.expects(0, "a sequence of 1 dimension for one number", str(sorted));
    return {{{}, place_dtype(context)}};
  }
  expect_comparable(context);
  const Shape& input = context.shape(1);
  if (sorted.size() == 1) return {{input, place_dtype(context)}};
  const std::string expected = fmt::format("the leading dimensions of {}", str(sorted));
  if (input.size() != sorted.size()) context.expects(1, expected, str(input));
  for (size_t i = 0; i + 1 < sorted.size(); ++i)
    context.expect_equal(1, input[i], sorted[i], expected, str(input));
  return {{input, place_dtype(context)}};
}

Descriptor sorted(std::string name, std::string doc, std::vector<Attribute> options, ShapeRule shape) {
  return transform(Category::sorting, std::move(name), std::move(doc), {input_port()}, std::move(options),
                   shape);
}

void add_places(Registry& registry) {
  const Attribute out_int32 = flag("out_int32", false, "int32 instead of int64"),
                  right = flag("right", false, "behind equal elements instead of before");
  const Attribute side = {
      .name = "side", .type = AttributeType::text, .doc = "the same in a word", .choices = {"left", "right"}};
  const Attribute plain = {.name = "input", .type = AttributeType::number, .doc = "one number instead"};
  Descriptor bucketize = undifferentiable(
      sorted("bucketize", "Between which boundaries each element lies.", {out_int32, right}, bucketize_rule));
  bucketize.inputs.push_back({.name = "boundaries", .doc = "rising, of 1 dimension"});
  registry.add(std::move(bucketize));
  Descriptor search =
      undifferentiable(sorted("searchsorted", "Where each element would stand in a sorted sequence.",
                              {plain, out_int32, right, side}, searchsorted_rule));
  search.inputs = {{.name = "sorted_sequence", .doc = "rising along the last dimension"},
                   {.name = "input", .kind = Port::Kind::number, .doc = "what is looked for"}};
  registry.add(std::move(search));
}

}  // namespace

void add_sorting(Registry& registry) {
  const std::vector<std::string> pair = {"values", "indices"};
  const Attribute k = {.name = "k", .doc = "how many", .required = true, .min = 0},
                  nth = {.name = "k", .doc = "the k-th smallest, from 1", .required = true, .min = 1},
                  dim = integer_or("dim", -1, "the dimension"),
                  descending = flag("descending", false, "in falling order"),
                  stable = flag("stable", false, "equal elements keep their order"),
                  keepdim = flag("keepdim", false, "keep the dimension as size 1");
  registry.add(giving(
      sorted("sort", "The elements in order, and where they stood.", {dim, descending, stable}, sort_rule),
      pair));
  registry.add(undifferentiable(
      sorted("argsort", "Where the elements in order stand.", {dim, descending, stable}, argsort_rule)));
  registry.add(sorted("msort", "The elements in order along the first dimension.", {}, msort_rule));
  registry.add(exported(
      giving(sorted("topk", "The k largest elements, and where they stand.",
                    {k, dim, flag("largest", true, "else the smallest"), flag("sorted", true, "in order")},
                    topk_rule),
             pair),
      "TopK"));
  registry.add(giving(sorted("kthvalue", "The k-th smallest element, and where it stands.",
                             {nth, dim, keepdim}, kthvalue_rule),
                      pair));
  add_places(registry);
}

}  // namespace orrery
