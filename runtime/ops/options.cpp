#include "runtime/ops/options.h"

#include <fmt/format.h>

namespace orrery {

Attribute flag(std::string name, bool value, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::boolean, .doc = std::move(doc), .value = value};
}

Attribute inplace_option() {
  Attribute option =
      flag("inplace", false,
           "for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused");
  option.hint = true;
  return option;
}

Attribute count_of(std::string name, std::string doc) {
  return {.name = std::move(name),
          .type = AttributeType::integer,
          .doc = std::move(doc),
          .required = true,
          .min = 1};
}

Attribute told_count(std::string name, std::string doc) {
  return {.name = std::move(name),
          .type = AttributeType::integer,
          .doc = std::move(doc) + "; none: the first input tells",
          .told_by_input = true,
          .min = 1};
}

std::function<void(Attributes&, const ShapeContext&)> told_by_dim(std::string option, int dim) {
  return [option, dim](Attributes& attributes, const ShapeContext& context) {
    const int rank = context.rank(), at = dim < 0 ? dim + rank : dim;
    const std::string shape = str(context.shape());
    if (at < 0 || at >= rank)
      context.expects(0, fmt::format("an input with a dimension {}, which tells {}", dim, option), shape);
    const Dim& size = context.shape()[at];
    if (!size.known() || size.value() < 1)
      context.expects(0, fmt::format("a known size in dimension {}, which tells {}", dim, option), shape,
                      fmt::format("Give the layer {}.", option));
    attributes.set(option, size.value());
  };
}

Attribute required_integer(std::string name, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::integer, .doc = std::move(doc), .required = true};
}

Attribute integer_or(std::string name, std::int64_t value, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::integer, .doc = std::move(doc), .value = value};
}

Attribute real_or(std::string name, double value, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::real, .doc = std::move(doc), .value = value};
}

Attribute probability(std::string name, double value, std::string doc) {
  Attribute attribute = real_or(std::move(name), value, std::move(doc));
  attribute.min = 0;
  attribute.max = 1;
  return attribute;
}

Attribute eps_of(double value, std::string doc) {
  Attribute attribute = real_or("eps", value, std::move(doc));
  attribute.min = 0;
  attribute.above_min = true;
  return attribute;
}

Attribute optional_sizes(std::string name, int count, double min, std::string doc) {
  return {.name = std::move(name),
          .type = AttributeType::sizes,
          .doc = std::move(doc),
          .min = min,
          .count = count};
}

Attribute required_sizes(std::string name, int count, double min, std::string doc) {
  Attribute option = optional_sizes(std::move(name), count, min, std::move(doc));
  option.required = true;
  return option;
}

Attribute sizes_or(std::string name, int count, std::int64_t value, double min, std::string doc) {
  Attribute option = optional_sizes(std::move(name), count, min, std::move(doc));
  option.value = std::vector<std::int64_t>(static_cast<size_t>(count), value);
  return option;
}

Attribute dims(std::string name, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::integers, .doc = std::move(doc)};
}

Attribute required_dims(std::string name, std::string doc) {
  Attribute attribute = dims(std::move(name), std::move(doc));
  attribute.required = true;
  return attribute;
}

Attribute sizes_option(std::string name, double min, bool variadic, std::string doc) {
  return {.name = std::move(name),
          .type = AttributeType::shape,
          .doc = std::move(doc),
          .required = true,
          .min = min,
          .variadic = variadic};
}

Attribute reduction() {
  return {.name = "reduction",
          .type = AttributeType::text,
          .doc = "what becomes of the single losses",
          .value = "mean",
          .choices = {"none", "mean", "sum"}};
}

std::vector<std::string> floating_names() { return {"float16", "bfloat16", "float32", "float64"}; }

Attribute at_call(Attribute option) {
  option.at_call = true;
  return option;
}

Attribute parameter_dtype() {
  return {.name = "dtype",
          .type = AttributeType::dtype,
          .doc = "element type of the parameters",
          .value = DType::float32,
          .choices = floating_names()};
}

Attribute result_dtype(std::vector<std::string> choices) {
  return {.name = "dtype",
          .type = AttributeType::dtype,
          .doc = "element type to compute in and to give; none: the input's",
          .choices = std::move(choices)};
}

Port input_port(std::string doc) { return {.name = "input", .doc = std::move(doc)}; }

std::vector<ParameterSpec> no_parameters(const Attributes&) { return {}; }

std::vector<TensorType> like_input(ShapeContext& context) { return {context.input(0)}; }

std::vector<TensorType> like_floating_input(ShapeContext& context) {
  context.expect_floating(0);
  return {context.input(0)};
}

void expect_size_of(ShapeContext& context, int port, int dim, const std::string& option,
                    const std::string& what) {
  const Dim wanted = context.attributes().integer(option), given = context.shape(port)[dim];
  context.expect_equal(port, given, wanted, fmt::format("{} {}", wanted.str(), what), given.str(),
                       given.known() ? fmt::format("Give the layer {} = {}.", option, given.str()) : "");
}

void expect_divided(const Attributes& attributes, const std::string& channels, const std::string& groups) {
  const std::int64_t count = attributes.integer(channels), parts = attributes.integer(groups);
  if (count % parts == 0) return;
  throw RuleBroken{"groups-mismatch", -1, fmt::format("{} divisible by {}", channels, groups),
                   fmt::format("{} channels in {} groups", count, parts), ""};
}

void expect_groups(ShapeContext& context, int port, const Dim& size, std::int64_t groups,
                   std::string expected, std::string got) {
  context.expect({Guard::Relation::equal,
                  floor_div(size, groups) * groups,
                  size,
                  {"groups-mismatch", port, std::move(expected), std::move(got), ""}});
}

void expect_parameter_dtype(ShapeContext& context, int port) {
  const DType wanted = context.attributes().dtype("dtype");
  if (context.input(port).dtype == wanted) return;
  context.expects_floats(
      port, fmt::format("an input of dtype {}, as its parameters", name(wanted)),
      fmt::format("Convert the input, x:to(\"{}\"), or make the layer with another dtype.", name(wanted)));
}

void expect_statistics_dtype(ShapeContext& context) {
  const DType input = context.input(0).dtype;
  const bool half = input == DType::float16 || input == DType::bfloat16;
  if (half && context.attributes().dtype("dtype") == DType::float32) return;
  expect_parameter_dtype(context, 0);
}

}  // namespace orrery
