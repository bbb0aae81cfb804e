#include "runtime/ops/dims.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/ops/promotion.h"

namespace orrery {

std::vector<int> listed_dims(const ShapeContext& context, const std::string& option) {
  std::vector<int> dims;
  if (!context.attributes().has(option)) return dims;
  const auto& listed = context.attributes().integers(option);
  for (std::int64_t dim : listed) {
    const int wrapped = context.wrapped_dim(0, dim, option);
    if (std::find(dims.begin(), dims.end(), wrapped) != dims.end())
      context.expects_option(fmt::format("each dimension once in {}", option), str(AttributeValue(listed)));
    dims.push_back(wrapped);
  }
  return dims;
}

int dim_of_some(const ShapeContext& context, const std::string& option, int port) {
  if (context.rank(port) == 0) context.expects(port, "an input of at least 1 dimension", "a scalar");
  return context.wrapped_dim(port, context.attributes().integer(option), option);
}

std::vector<TensorType> reshaped(const ShapeContext& context, Shape shape) {
  return {{std::move(shape), context.input(0).dtype}};
}

int new_dim(const ShapeContext& context, const std::string& option) {
  const std::int64_t dim = context.attributes().integer(option), places = context.rank() + 1;
  if (dim < -places || dim >= places)
    context.expects_option(fmt::format("{} between {} and {} for an input of shape {}", option, -places,
                                       places - 1, str(context.shape())),
                           std::to_string(dim));
  return static_cast<int>(dim < 0 ? dim + places : dim);
}

Dim clamped(std::int64_t place, const Dim& size) {
  return place < 0 ? max(size + place, 0) : min(Dim(place), size);
}

std::int64_t expect_parts(const ShapeContext& context, const Dim& count, const std::string& got) {
  if (!count.known()) context.expects(0, "a dimension that falls into a known number of parts", got);
  if (count.value() > kMostParts)
    context.expects(0, fmt::format("a dimension that falls into at most {} parts", kMostParts), got);
  return count.value();
}

std::vector<Dim> parts_of(const ShapeContext& context, const Dim& whole, const Dim& size) {
  if (whole == Dim(0)) return {0};
  if (size == Dim(0)) context.expects_option("parts of at least 1 element", "0");
  const std::int64_t count =
      expect_parts(context, ceil_div(whole, size), fmt::format("{} in parts of {}", whole.str(), size.str()));
  std::vector<Dim> parts(static_cast<size_t>(count - 1), size);
  parts.push_back(whole - (count - 1) * size);
  return parts;
}

DType joined_dtype(const ShapeContext& context) {
  std::vector<Operand> operands;
  for (int i = 0; i < context.input_count(); ++i) operands.push_back(operand(context.input(i)));
  return result_type(operands);
}

Shape without_dims(const Shape& shape, const std::vector<int>& dims, bool keepdim) {
  Shape result;
  for (int i = 0; i < static_cast<int>(shape.size()); ++i) {
    const bool summed = std::find(dims.begin(), dims.end(), i) != dims.end();
    if (!summed) result.push_back(shape[i]);
    if (summed && keepdim) result.push_back(1);
  }
  return result;
}

namespace {

bool is_open(const Dim& d) { return d == Dim(-1); }

// What the -1 stands for.
Dim missing(ShapeContext& context, const Dim& elements, const Dim& others, const std::string& expected,
            const std::string& got) {
  if (others == Dim(0)) context.expects_option("a shape whose -1 can be told, without a 0 beside it", got);
  if (auto exact = exact_div(elements, others)) return *exact;
  if (elements.known() && others.known()) context.expects(-1, expected, got);
  const Dim whole = floor_div(elements, others);
  context.expect_equal(-1, whole * others, elements, expected, got);
  return whole;
}

}  // namespace

Shape filled_shape(ShapeContext& context, const Dim& elements, const Shape& wanted, const std::string& of) {
  const auto open = std::count_if(wanted.begin(), wanted.end(), is_open);
  const std::string got = str(wanted);
  if (open > 1) context.expects_option("at most one -1 in a shape", got);
  Dim others = 1;
  for (const Dim& d : wanted)
    if (!is_open(d)) others = others * d;
  const std::string expected = fmt::format("a shape with as many elements as {}", of);
  if (open == 0) context.expect_equal(-1, others, elements, expected, got);
  Shape result = wanted;
  for (Dim& d : result)
    if (is_open(d)) d = missing(context, elements, others, expected, got);
  return result;
}

Dim merged(const Shape& shape, int first, int last) {
  Dim product = 1;
  for (int i = first; i <= last && i < static_cast<int>(shape.size()); ++i) product = product * shape[i];
  return product;
}

}  // namespace orrery
