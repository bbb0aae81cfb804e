#include <array>
#include <cmath>

#include <fmt/format.h>

#include "runtime/ops/created.h"
#include "runtime/ops/families.h"
#include "runtime/ops/options.h"
#include "runtime/ops/pointwise.h"

namespace orrery {

Attribute size_option(bool variadic) {
  return {.name = "size",
          .type = AttributeType::shape,
          .doc = "the sizes, which may be symbolic",
          .required = true,
          .min = 0,
          .variadic = variadic};
}

Attribute dtype_option(DType usual, std::vector<std::string> choices) {
  return {.name = "dtype",
          .type = AttributeType::dtype,
          .doc = "element type",
          .value = usual,
          .choices = std::move(choices)};
}

std::vector<std::string> differentiable_names() {
  return {"float16", "bfloat16", "float32", "float64", "complex64", "complex128"};
}

std::vector<std::string> number_names() {
  return {"uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64"};
}

void expect_held(const ShapeContext& context, std::int64_t number) {
  const DType dtype = context.attributes().dtype("dtype");
  double least = -HUGE_VAL, largest = HUGE_VAL;
  if (is_integral(dtype)) {
    const double bits = 8.0 * static_cast<double>(element_size(dtype)) - (dtype == DType::uint8 ? 0 : 1);
    largest = std::exp2(bits) - 1;
    least = dtype == DType::uint8 ? 0 : -std::exp2(bits);
  }
  if (dtype == DType::float16) least = -65504, largest = 65504;
  if (static_cast<double>(number) < least || static_cast<double>(number) > largest)
    context.expects_option(fmt::format("numbers that {} holds", name(dtype)), std::to_string(number));
}

std::vector<TensorType> sized_rule(ShapeContext& context) {
  const Attributes& a = context.attributes();
  return {{a.shape("size"), a.dtype("dtype")}};
}

namespace {

// Of an option that is a number: integers have neither NaN nor infinities.
void expect_finite_if_integral(const ShapeContext& context, const std::string& option, DType dtype) {
  const double number = context.attributes().real(option);
  if (std::isfinite(number) || !is_integral(dtype) || dtype == DType::boolean) return;
  context.expects_option(fmt::format("{} that {} holds", option, name(dtype)),
                         std::isnan(number) ? "nan" : fmt::format("{}", number));
}

std::vector<TensorType> full_rule(ShapeContext& context) {
  expect_finite_if_integral(context, "fill_value", context.attributes().dtype("dtype"));
  return sized_rule(context);
}

}  // namespace

Descriptor created(std::string name, std::string doc, std::vector<Attribute> options,
                   std::vector<TensorType> (*rule)(ShapeContext&), std::string onnx) {
  Descriptor d{.name = name, .category = Category::creation, .doc = std::move(doc)};
  d.attributes = std::move(options);
  d.shape = rule;
  d.differentiable = false;
  d.torch = "torch." + name;
  d.onnx = std::move(onnx);
  return d;
}

namespace {

// One dimension of the option `range`: end; start, end; or start, end, step.
std::vector<TensorType> arange_rule(ShapeContext& context) {
  const Attributes& a = context.attributes();
  const Shape& range = a.shape("range");
  if (range.empty() || range.size() > 3)
    context.expects_option("an end, a start and end, or a step, too", str(range));
  const Dim start = range.size() > 1 ? range[0] : Dim(0), end = range[range.size() > 1 ? 1 : 0];
  const Dim step = range.size() > 2 ? range[2] : Dim(1);
  if (!step.known() || step.value() == 0) context.expects_option("a known step that is not 0", step.str());
  const bool down = step.value() < 0;
  const Dim way = down ? start - end : end - start;
  context.expect_at_least(-1, way, 0, "a step that leads from start to end", str(range));
  return {{{ceil_div(way, down ? Dim(0) - step : step)}, a.dtype("dtype")}};
}

// A size that may be symbolic.
Dim one_size(const ShapeContext& context, const std::string& option) {
  const Shape& size = context.attributes().shape(option);
  if (size.size() != 1) context.expects_option(fmt::format("one size as {}", option), str(size));
  return size[0];
}

std::vector<TensorType> eye_rule(ShapeContext& context) {
  const Attributes& a = context.attributes();
  const Dim rows = one_size(context, "n");
  return {{{rows, a.has("m") ? one_size(context, "m") : rows}, a.dtype("dtype")}};
}

std::vector<TensorType> linspace_rule(ShapeContext& context) {
  const Attributes& a = context.attributes();
  return {{{Dim(a.integer("steps"))}, a.dtype("dtype")}};
}

std::vector<TensorType> like_rule(ShapeContext& context) {
  const Attributes& a = context.attributes();
  return {{context.shape(), a.has("dtype") ? a.dtype("dtype") : context.input(0).dtype}};
}

std::vector<TensorType> full_like_rule(ShapeContext& context) {
  auto made = like_rule(context);
  expect_finite_if_integral(context, "fill_value", made.front().dtype);
  return made;
}

Attribute real(std::string name, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::real, .doc = std::move(doc), .required = true};
}

Attribute fill_value() {
  return {.name = "fill_value",
          .type = AttributeType::number,
          .doc = "every element",
          .required = true,
          .or_nan = true};
}

Descriptor like(std::string name, std::string doc, std::vector<Attribute> options,
                std::vector<TensorType> (*rule)(ShapeContext&) = like_rule) {
  options.push_back(result_dtype());
  Descriptor d = created(std::move(name), std::move(doc), std::move(options), rule);
  d.inputs = {input_port()};
  return d;
}

}  // namespace

void add_creation(Registry& registry) {
  const Attribute size = size_option(true), dtype = dtype_option(DType::float32);
  Attribute range = size_option(true);
  range.name = "range";
  range.doc = "end; start and end; start, end and step: end is not reached, and each may be symbolic";
  range.min = {};
  registry.add(created("zeros", "Zeros of a size.", {size, dtype}, sized_rule, "ConstantOfShape"));
  registry.add(created("ones", "Ones of a size.", {size, dtype}, sized_rule, "ConstantOfShape"));
  registry.add(
      created("full", "One number in every place.", {size_option(false), fill_value(), dtype}, full_rule));
  registry.add(created("arange", "Whole numbers in order.",
                       {range, dtype_option(DType::int64, number_names())}, arange_rule, "Range"));
  registry.add(created("linspace", "Numbers at equal distances, both ends included.",
                       {real("start", "the first number"),
                        real("end", "the last number"),
                        {.name = "steps", .doc = "how many", .required = true, .min = 0},
                        dtype_option(DType::float32, differentiable_names())},
                       linspace_rule));
  Attribute rows = size_option(false), columns = rows;
  rows.name = "n";
  rows.doc = "how many rows";
  columns.name = "m";
  columns.doc = "how many columns; none: as many as rows";
  columns.required = false;
  registry.add(
      created("eye", "Ones on the diagonal of a matrix.", {rows, columns, dtype}, eye_rule, "EyeLike"));
  registry.add(like("zeros_like", "Zeros, as many as the input has.", {}));
  registry.add(like("ones_like", "Ones, as many as the input has.", {}));
  registry.add(
      like("full_like", "One number, as often as the input has elements.", {fill_value()}, full_like_rule));
}

}  // namespace orrery
