#include "runtime/ops/broadcast.h"
#include "runtime/ops/options.h"
#include "runtime/ops/reduced.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

// Values along a dimension and their places; of the whole input, the value alone.
std::vector<TensorType> with_places(const ShapeContext& context) {
  const Shape shape = reduced_shape(context, reduced_dim(context));
  const DType dtype = context.input(0).dtype;
  if (!context.attributes().has("dim")) return {{shape, dtype}};
  return {{shape, dtype}, {shape, DType::int64}};
}

// Three calls in one, as in PyTorch: the largest of all, along a dimension, or of two inputs.
std::vector<TensorType> max_rule(ShapeContext& context) {
  expect_kind_of(context, Takes::no_complex);
  expect_whole_or_dim(context);
  if (context.linked(1)) {
    if (context.attributes().has("dim")) context.expects_option("another input or a dim", "both");
    return MeetingRule{{"input", "other"}, Takes::no_complex}(context);
  }
  expect_elements(context, reduced_dim(context));
  return with_places(context);
}

std::vector<TensorType> median_rule(ShapeContext& context) {
  expect_kind_of(context, Takes::real_numbers);
  expect_whole_or_dim(context);
  if (context.attributes().has("dim")) expect_elements(context, reduced_dim(context));
  return with_places(context);
}

std::vector<TensorType> mode_rule(ShapeContext& context) {
  expect_kind_of(context, Takes::no_complex);
  expect_elements(context, reduced_dim(context));
  return with_places(context);
}

std::vector<TensorType> amax_rule(ShapeContext& context) {
  expect_kind_of(context, Takes::no_complex);
  const std::vector<int> dims = reduced_dims(context);
  expect_elements(context, dims);
  return {{reduced_shape(context, dims), context.input(0).dtype}};
}

std::vector<TensorType> aminmax_rule(ShapeContext& context) {
  expect_kind_of(context, Takes::no_complex);
  const std::vector<int> dims = reduced_dim(context);
  expect_elements(context, dims);
  const TensorType extreme{reduced_shape(context, dims), context.input(0).dtype};
  return {extreme, extreme};
}

std::vector<TensorType> argmax_rule(ShapeContext& context) {
  expect_kind_of(context, Takes::real_numbers);
  const std::vector<int> dims = reduced_dim(context);
  expect_elements(context, dims);
  return {{reduced_shape(context, dims), DType::int64}};
}

void expect_fraction(ShapeContext& context) {
  if (!context.linked(1)) {
    const double number = context.attributes().real("q");
    if (number < 0 || number > 1)
      context.expects_option("q between 0 and 1", str(context.attributes().at("q")));
    return;
  }
  expect_same_dtype(context, 1, 0);
  if (context.rank(1) > 1) context.expects(1, "one quantile or a list of them", str(context.shape(1)));
}

std::vector<TensorType> quantile_rule(ShapeContext& context) {
  const DType dtype = context.input(0).dtype;
  if (dtype != DType::float32 && dtype != DType::float64)
    context.expects_floats(0, "an input of dtype float32 or float64", "Convert it first: x:to(\"float32\").");
  expect_fraction(context);
  const std::vector<int> dims = reduced_dim(context);
  expect_elements(context, dims);
  Shape shape = reduced_shape(context, dims);
  if (context.linked(1) && context.rank(1) == 1) shape.insert(shape.begin(), context.shape(1)[0]);
  return {{shape, dtype}};
}

Descriptor two_outputs(std::string name, std::string doc, std::vector<Attribute> options, ReductionRule rule,
                       std::vector<std::string> outputs, std::string onnx = {}) {
  Descriptor d = reduction_of(std::move(name), std::move(doc), std::move(options), rule, std::move(onnx));
  d.outputs = std::move(outputs);
  return d;
}

// One output for the whole input, two along a dimension.
Descriptor place_of(std::string name, std::string doc, ReductionRule rule) {
  Descriptor d =
      two_outputs(std::move(name), std::move(doc), {over_dim(), keepdim()}, rule, {"values", "indices"});
  d.outputs_vary = true;
  return d;
}

Descriptor extreme(std::string name, std::string doc, std::string onnx) {
  Descriptor d = place_of(std::move(name), std::move(doc), max_rule);
  d.inputs.push_back(
      {.name = "other", .kind = Port::Kind::optional, .doc = "compared element by element instead"});
  d.onnx = std::move(onnx);
  return d;
}

Descriptor quantile() {
  Descriptor d =
      reduction_of("quantile", "The q-quantile along a dimension or of all elements.", {}, quantile_rule);
  add_number_port(d, "q", "between 0 and 1: a number, or a value with several of them");
  d.attributes.insert(d.attributes.end(),
                      {over_dim(),
                       keepdim(),
                       {.name = "interpolation",
                        .type = AttributeType::text,
                        .doc = "what lies between two elements",
                        .value = "linear",
                        .choices = {"linear", "lower", "higher", "midpoint", "nearest"}}});
  return d;
}

}  // namespace

void add_extremes(Registry& registry) {
  const std::vector<Attribute> many = {over_dims(), keepdim()}, one = {over_dim(), keepdim()};
  registry.add(extreme("max", "The largest element, with its place along a dimension, or of two inputs.",
                       "ReduceMax"));
  registry.add(extreme("min", "The smallest element, with its place along a dimension, or of two inputs.",
                       "ReduceMin"));
  registry.add(
      keeping(reduction_of("amax", "The largest element over dimensions.", many, amax_rule, "ReduceMax")));
  registry.add(
      keeping(reduction_of("amin", "The smallest element over dimensions.", many, amax_rule, "ReduceMin")));
  registry.add(without_gradient(
      two_outputs("aminmax", "The smallest and the largest element over a dimension or of all.", one,
                  aminmax_rule, {"min", "max"})));
  registry.add(without_gradient(
      reduction_of("argmax", "The index of the largest element, along a dimension or in the flattened input.",
                   one, argmax_rule, "ArgMax")));
  registry.add(without_gradient(reduction_of(
      "argmin", "The index of the smallest element, along a dimension or in the flattened input.", one,
      argmax_rule, "ArgMin")));
  registry.add(place_of("median", "The lower median, with its place along a dimension.", median_rule));
  registry.add(place_of("nanmedian", "The lower median of what is not NaN, with its place along a dimension.",
                        median_rule));
  registry.add(two_outputs("mode", "The most frequent element along a dimension, and its place.",
                           {integer_or("dim", -1, "the dimension to reduce"), keepdim()}, mode_rule,
                           {"values", "indices"}));
  registry.add(quantile());
}

}  // namespace orrery
