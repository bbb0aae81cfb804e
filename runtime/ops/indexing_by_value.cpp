// Elements taken and put where the integers of a value say.
#include <fmt/format.h>

#include "runtime/ops/broadcast.h"
#include "runtime/ops/dims.h"
#include "runtime/ops/families.h"
#include "runtime/ops/slices.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

constexpr int kIndex = 1;
constexpr int kSource = 2;

void expect_indices(ShapeContext& context, bool or_int32) {
  const DType dtype = context.input(kIndex).dtype;
  if (dtype == DType::int64 || (or_int32 && dtype == DType::int32)) return;
  context.expects_dtype(kIndex, or_int32 ? "indices of dtype int64 or int32" : "indices of dtype int64",
                        "Convert them first: x:to(\"int64\").");
}

void expect_same_dtype(ShapeContext& context, int port) {
  const DType dtype = context.input(0).dtype;
  if (context.input(port).dtype != dtype)
    context.expects_dtype(port, fmt::format("{}, as the input", name(dtype)),
                          fmt::format("Convert it first: x:to(\"{}\").", name(dtype)));
}

// PyTorch counts a scalar as one dimension of size 1 here.
Shape at_least_1d(const Shape& shape) { return shape.empty() ? Shape{1} : shape; }

// Each dimension of `port` is at most as large as that of `other`, but for `except`.
void expect_inside(ShapeContext& context, int port, int other, int except) {
  const Shape small = at_least_1d(context.shape(port)), large = at_least_1d(context.shape(other));
  const std::string expected = fmt::format(
      "indices of {} dimension{}, none larger than of {}{}", large.size(), large.size() == 1 ? "" : "s",
      str(context.shape(other)), except < 0 ? "" : fmt::format(" but for dimension {}", except));
  if (small.size() != large.size()) context.expects(port, expected, str(context.shape(port)));
  for (int d = 0; d < static_cast<int>(small.size()); ++d)
    if (d != except) context.expect_at_least(port, large[d], small[d], expected, str(context.shape(port)));
}

std::vector<TensorType> gather_rule(ShapeContext& context) {
  const int dim = context.wrapped_dim(0, context.attributes().integer("dim"));
  expect_indices(context, true);
  expect_inside(context, kIndex, 0, dim);
  return {{context.shape(kIndex), context.input(0).dtype}};
}

std::vector<TensorType> scatter_rule(ShapeContext& context) {
  const int dim = context.wrapped_dim(0, context.attributes().integer("dim"));
  expect_indices(context, true);
  expect_inside(context, kIndex, 0, dim);
  if (context.linked(kSource)) {
    expect_same_dtype(context, kSource);
    expect_inside(context, kIndex, kSource, -1);
  }
  return like_input(context);
}

void expect_one_row(ShapeContext& context) {
  if (context.rank(kIndex) > 1)
    context.expects(kIndex, "indices of at most 1 dimension", str(context.shape(kIndex)));
}

std::vector<TensorType> index_select_rule(ShapeContext& context) {
  const int dim = context.wrapped_dim(0, context.attributes().integer("dim"));
  expect_indices(context, true);
  expect_one_row(context);
  const Dim count = numel(context.shape(kIndex));
  Shape shape = context.shape();
  if (shape.empty())
    context.expect_equal(kIndex, count, 1, "one index into a scalar", str(context.shape(kIndex)));
  else
    shape[dim] = count;
  return reshaped(context, shape);
}

// The source is like the input with as many elements along the dimension as there are indices.
std::vector<TensorType> index_source_rule(ShapeContext& context) {
  const int dim = dim_of_some(context);
  expect_one_row(context);
  expect_same_dtype(context, kSource);
  Shape wanted = context.shape();
  wanted[dim] = numel(context.shape(kIndex));
  const Shape& source = context.shape(kSource);
  const std::string expected = "a source of shape " + str(wanted);
  if (source.size() != wanted.size()) context.expects(kSource, expected, str(source));
  for (size_t d = 0; d < wanted.size(); ++d)
    context.expect_equal(kSource, source[d], wanted[d], expected, str(source));
  return like_input(context);
}

std::vector<TensorType> index_add_rule(ShapeContext& context) {
  expect_indices(context, true);
  return index_source_rule(context);
}

std::vector<TensorType> index_copy_rule(ShapeContext& context) {
  expect_indices(context, false);
  return index_source_rule(context);
}

std::vector<TensorType> index_fill_rule(ShapeContext& context) {
  context.wrapped_dim(0, context.attributes().integer("dim"));
  expect_indices(context, false);
  expect_one_row(context);
  if (context.linked(kSource) && context.rank(kSource) > 0)
    context.expects(kSource, "a value without dimensions", str(context.shape(kSource)));
  if (context.linked(kSource) && is_complex(context.input(kSource).dtype) &&
      !is_complex(context.input(0).dtype))
    context.expects_dtype(kSource, "a real number, as the input's");
  return like_input(context);
}

std::vector<TensorType> take_rule(ShapeContext& context) {
  expect_indices(context, false);
  return reshaped(context, context.shape(kIndex));
}

std::vector<TensorType> take_along_dim_rule(ShapeContext& context) {
  expect_indices(context, false);
  if (!context.attributes().has("dim")) return reshaped(context, {numel(context.shape(kIndex))});
  const int dim = dim_of_some(context);
  Shape left = context.shape(), right = context.shape(kIndex);
  if (left.size() != right.size())
    context.expects(kIndex, fmt::format("indices of {} dimensions, as the input", left.size()), str(right));
  const Dim taken = right[dim];
  left[dim] = right[dim] = 1;
  Shape shape = broadcast(context, kIndex, left, right);
  shape[dim] = taken;
  return reshaped(context, shape);
}

// A part of the input, that of the port `src`, written over.
std::vector<TensorType> with_part(ShapeContext& context, const Shape& part) {
  const Shape& source = context.shape(1);
  const std::string expected = "a source of shape " + str(part);
  if (source.size() != part.size()) context.expects(1, expected, str(source));
  for (size_t d = 0; d < part.size(); ++d) context.expect_equal(1, source[d], part[d], expected, str(source));
  return like_input(context);
}

std::vector<TensorType> select_scatter_rule(ShapeContext& context) {
  return with_part(context, select_rule(context)[0].shape);
}
std::vector<TensorType> slice_scatter_rule(ShapeContext& context) {
  return with_part(context, slice_rule(context)[0].shape);
}

// Means have no truth values, and complex numbers no order.
std::vector<TensorType> scatter_reduce_rule(ShapeContext& context) {
  const std::string& how = context.attributes().text("reduce");
  const DType dtype = context.input(0).dtype;
  if (how == "mean" && dtype == DType::boolean) context.expects_dtype(0, "numbers to take the mean of");
  if ((how == "amax" || how == "amin") && is_complex(dtype))
    context.expects_dtype(0, "real numbers, which have an order");
  return scatter_rule(context);
}

Descriptor by_index(std::string name, std::string doc, ShapeRule shape, std::vector<Attribute> more = {}) {
  std::vector<Attribute> options = {required_integer("dim", "the dimension that is indexed")};
  options.insert(options.end(), more.begin(), more.end());
  return ordered(transform(Category::indexing, std::move(name), std::move(doc),
                           {input_port(), {.name = "index", .doc = "the indices along the dimension"}},
                           std::move(options), shape),
                 {"input", "dim", "index"});
}

// With a third port, behind the index; what is written is like the input.
Descriptor and_source(Descriptor d, std::string name, std::string doc, bool or_number = false) {
  d.inputs.push_back({.name = name, .doc = std::move(doc)});
  if (or_number) {
    d.inputs.back().kind = Port::Kind::number;
    d.attributes.push_back({.name = name, .type = AttributeType::number, .doc = "one number instead"});
  }
  d.order.push_back(std::move(name));
  d.in_place = true;
  return d;
}

Attribute choice(std::string name, std::string doc, bool required, std::vector<std::string> choices) {
  return {.name = std::move(name),
          .type = AttributeType::text,
          .doc = std::move(doc),
          .required = required,
          .choices = std::move(choices)};
}

Descriptor over_part(std::string name, std::string doc, const Registry& registry, const char* part,
                     ShapeRule rule) {
  return transform(Category::indexing, std::move(name), std::move(doc),
                   {input_port(), {.name = "src", .doc = "what is written over the part"}},
                   registry.get(part).attributes, rule);
}

void add_scatters(Registry& registry) {
  const char* source = "the elements to put";
  registry.add(
      exported(and_source(by_index("scatter", "Puts elements where the indices say.", scatter_rule,
                                   {choice("reduce", "how to join with what is there; none: replace it",
                                           false, {"add", "multiply"})}),
                          "src", source, true),
               "ScatterElements"));
  registry.add(and_source(by_index("scatter_add", "Adds elements where the indices say.", scatter_rule),
                          "src", source));
  registry.add(keeping(
      and_source(by_index("scatter_reduce", "Joins elements where the indices say.", scatter_reduce_rule,
                          {choice("reduce", "how", true, {"sum", "prod", "mean", "amax", "amin"}),
                           flag("include_self", true, "the input's own elements are joined too")}),
                 "src", source)));
  registry.add(
      and_source(by_index("index_add", "Adds slices along a dimension where the indices say.", index_add_rule,
                          {{.name = "alpha",
                            .type = AttributeType::number,
                            .doc = "factor of the slices",
                            .value = std::int64_t{1}}}),
                 "source", "the slices"));
  registry.add(and_source(
      by_index("index_copy", "Puts slices along a dimension where the indices say.", index_copy_rule),
      "source", "the slices"));
  registry.add(method(and_source(
      by_index("index_fill", "Fills slices along a dimension where the indices say.", index_fill_rule),
      "value", "what to fill with", true)));
}

}  // namespace

void add_indexing_by_value(Registry& registry) {
  const Port indices = {.name = "index", .doc = "int64 indices into all elements in one row"};
  registry.add(picking(
      exported(by_index("gather", "Takes elements along a dimension where the indices say.", gather_rule),
               "GatherElements")));
  registry.add(picking(exported(
      by_index("index_select", "Takes slices along a dimension where the indices say.", index_select_rule),
      "Gather")));
  add_scatters(registry);
  registry.add(picking(transform(Category::indexing, "take", "Takes elements as if all stood in one row.",
                                 {input_port(), indices}, {}, take_rule)));
  registry.add(picking(transform(
      Category::indexing, "take_along_dim", "Takes elements along a dimension, indices broadcast.",
      {input_port(), {.name = "indices", .doc = "int64, of as many dimensions as the input"}},
      {{.name = "dim", .doc = "the dimension; none: all elements in one row"}}, take_along_dim_rule)));
  registry.add(over_part("select_scatter", "The input with one element along a dimension written over.",
                         registry, "select", select_scatter_rule));
  registry.add(over_part("slice_scatter", "The input with a slice along a dimension written over.", registry,
                         "slice", slice_scatter_rule));
}

}  // namespace orrery
