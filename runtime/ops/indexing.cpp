#include <fmt/format.h>

#include "runtime/ops/dims.h"
#include "runtime/ops/families.h"
#include "runtime/ops/options.h"
#include "runtime/ops/slices.h"

namespace orrery {
namespace {

int indexed_dim(const ShapeContext& context) {
  if (context.rank() == 0)
    context.expects(0, "an input of at least 1 dimension", "a scalar", "A scalar has nothing to index.");
  return context.wrapped_dim(0, context.attributes().integer("dim"));
}

std::string along(int dim) { return fmt::format("elements along dimension {}", dim); }

}  // namespace

std::vector<TensorType> select_rule(ShapeContext& context) {
  const int dim = indexed_dim(context);
  const std::int64_t index = context.attributes().integer("index");
  Shape shape = context.shape();
  const std::int64_t least = index < 0 ? -index : index + 1;
  context.expect_at_least(0, shape[dim], least,
                          fmt::format("at least {} {} for index {}", least, along(dim), index),
                          shape[dim].str());
  shape.erase(shape.begin() + dim);
  return {{shape, context.input(0).dtype}};
}

namespace {

// A start below 0 counts from the end, so that what follows it is its distance from there.
void expect_start_fits(ShapeContext& context, int dim, std::int64_t start, std::int64_t length) {
  const Dim size = context.shape()[dim];
  const std::int64_t least = start < 0 ? -start : start + length;
  if (start < 0 && length > -start)
    context.expects_option(fmt::format("a length of at most {} from start {}", -start, start),
                           std::to_string(length));
  context.expect_at_least(
      0, size, least,
      fmt::format("at least {} {} for start {} and length {}", least, along(dim), start, length), size.str());
}

std::vector<TensorType> narrow_rule(ShapeContext& context) {
  const int dim = indexed_dim(context);
  const std::int64_t start = context.attributes().integer("start"),
                     length = context.attributes().integer("length");
  expect_start_fits(context, dim, start, length);
  Shape shape = context.shape();
  shape[dim] = length;
  return {{shape, context.input(0).dtype}};
}

}  // namespace

std::vector<TensorType> slice_rule(ShapeContext& context) {
  const int dim = indexed_dim(context);
  const Attributes& a = context.attributes();
  Shape shape = context.shape();
  const Dim size = shape[dim];
  const Dim first = a.has("start") ? clamped(a.integer("start"), size) : Dim(0);
  const Dim last = a.has("end") ? clamped(a.integer("end"), size) : size;
  const Dim length = ceil_div(last - first, a.integer("step"));
  shape[dim] = first == Dim(0) ? length : max(length, 0);
  return {{shape, context.input(0).dtype}};
}

namespace {

Descriptor part_of(std::string name, std::string doc, std::vector<Attribute> attributes,
                   std::vector<TensorType> (*shape)(ShapeContext&), std::string onnx) {
  Descriptor d{.name = name, .category = Category::shape, .doc = std::move(doc)};
  d.inputs = {input_port()};
  d.attributes = std::move(attributes);
  d.shape = shape;
  d.aliases = {{Alias::Kind::view}};
  d.torch = "torch." + name;
  d.onnx = std::move(onnx);
  return d;
}

Attribute place(std::string name, std::string doc) {
  return {.name = std::move(name), .doc = std::move(doc)};
}

}  // namespace

void add_indexing(Registry& registry) {
  const Attribute length = {.name = "length", .doc = "how many elements", .required = true, .min = 0};
  const Attribute step = {
      .name = "step", .doc = "takes each step-th element", .value = std::int64_t{1}, .min = 1};

  registry.add(part_of("select", "One element along a dimension, which vanishes.",
                       {required_integer("dim", "the dimension"),
                        required_integer("index", "the element, from 0; from -1 backwards")},
                       select_rule, "Gather"));
  registry.add(part_of("narrow", "A run of elements along a dimension.",
                       {required_integer("dim", "the dimension"),
                        required_integer("start", "the first element, from 0; from -1 backwards"), length},
                       narrow_rule, "Slice"));
  Descriptor slice = part_of(
      "slice", "The elements from start to before end along a dimension: x[start:end:step].",
      {integer_or("dim", 0, "the dimension"), place("start", "the first element; none: from the beginning"),
       place("end", "the element behind the last; none: to the end"), step},
      slice_rule, "Slice");
  slice.torch = "torch.ops.aten.slice";
  registry.add(std::move(slice));
}

}  // namespace orrery
