#include <fmt/format.h>

#include "runtime/ops/broadcast.h"
#include "runtime/ops/families.h"
#include "runtime/ops/options.h"
#include "runtime/ops/promotion.h"

namespace orrery {
namespace {

constexpr int kOther = 1;

// The second operand is a value, or the number in the option `other`.
Operand other_operand(const ShapeContext& context) {
  const Attributes& a = context.attributes();
  if (context.linked(kOther) && a.has("other"))
    context.expects_option("a value or a number as other", "both");
  if (context.linked(kOther)) return operand(context.input(kOther));
  if (!a.has("other")) context.expects_option("a value or a number as other", "neither");
  return operand(a.at("other"));
}

Shape both_shapes(ShapeContext& context) {
  return context.linked(kOther) ? broadcast(context, kOther, context.shape(0), context.shape(kOther))
                                : context.shape(0);
}

TensorType combined(ShapeContext& context) {
  const DType dtype = result_type({operand(context.input(0)), other_operand(context)});
  return {both_shapes(context), dtype};
}

// A real alpha would be cut off in an integer result.
void expect_alpha_fits(const ShapeContext& context, DType result) {
  const Attributes& a = context.attributes();
  if (is_integral(result) && !a.is_integer("alpha"))
    context.expects_option("an integer alpha for integer inputs", fmt::format("{}", a.real("alpha")));
}

void expect_no_booleans(const ShapeContext& context) {
  for (int port : {0, kOther})
    if (context.linked(port) && context.input(port).dtype == DType::boolean)
      context.expects_dtype(port, "inputs of numbers", "Convert it first: x:to(\"float32\").");
}

std::vector<TensorType> add_shape_rule(ShapeContext& context) {
  const TensorType result = combined(context);
  expect_alpha_fits(context, result.dtype);
  return {result};
}

std::vector<TensorType> sub_shape_rule(ShapeContext& context) {
  expect_no_booleans(context);
  return add_shape_rule(context);
}

std::vector<TensorType> mul_shape_rule(ShapeContext& context) { return {combined(context)}; }

void expect_whole_division(const ShapeContext& context, DType result) {
  const Attributes& a = context.attributes();
  if (result == DType::boolean)
    context.expects_dtype(0, "inputs of numbers", "Convert them first: x:to(\"float32\").");
  if (is_integral(result) && a.has("other") && a.real("other") == 0)
    context.expects_option("a divisor that is not 0", "0");
}

std::vector<TensorType> div_shape_rule(ShapeContext& context) {
  TensorType result = combined(context);
  if (context.attributes().has("rounding_mode")) {
    expect_whole_division(context, result.dtype);
  } else {
    result.dtype = floating_result(result.dtype);
  }
  return {result};
}

std::vector<TensorType> pow_shape_rule(ShapeContext& context) {
  const Attributes& a = context.attributes();
  const DType dtype = result_type({operand(context.input(0)), operand(a.at("exponent"))});
  if (is_integral(dtype) && a.real("exponent") < 0)
    context.expects_option("an exponent of at least 0 for integer inputs", str(a.at("exponent")),
                           "Convert the input first: x:to(\"float32\").");
  return {{context.shape(), dtype}};
}

std::vector<TensorType> number_shape_rule(ShapeContext& context) {
  if (context.input(0).dtype == DType::boolean)
    context.expects_dtype(0, "an input of numbers", "Convert it first: x:to(\"float32\").");
  return {context.input(0)};
}

std::vector<TensorType> floating_shape_rule(ShapeContext& context) {
  return {{context.shape(), floating_result(context.input(0).dtype)}};
}

using ShapeRule = std::vector<TensorType> (*)(ShapeContext&);

Descriptor unary(std::string name, std::string doc, ShapeRule shape, std::string onnx,
                 std::string symbol = {}) {
  Descriptor d{.name = name, .category = Category::arithmetic, .doc = std::move(doc)};
  d.inputs = {input_port()};
  d.shape = shape;
  d.symbol = std::move(symbol);
  d.torch = "torch." + name;
  d.onnx = std::move(onnx);
  return d;
}

Descriptor binary(std::string name, std::string doc, ShapeRule shape, std::string onnx, std::string symbol,
                  std::vector<Attribute> options) {
  Descriptor d = unary(std::move(name), std::move(doc), shape, std::move(onnx), std::move(symbol));
  d.inputs.push_back({.name = "other", .kind = Port::Kind::number, .doc = "a value or a number"});
  d.attributes = {
      {.name = "other", .type = AttributeType::number, .doc = "the number, when other is no value"}};
  d.attributes.insert(d.attributes.end(), options.begin(), options.end());
  return d;
}

}  // namespace

void add_arithmetic(Registry& registry) {
  const Attribute alpha = {.name = "alpha",
                           .type = AttributeType::number,
                           .doc = "multiplies the second operand",
                           .value = std::int64_t{1}};
  const Attribute rounding = {
      .name = "rounding_mode",
      .type = AttributeType::text,
      .doc = "rounds the quotient towards 0 (trunc) or down (floor); none: not at all",
      .choices = {"trunc", "floor"}};
  const Attribute exponent = {
      .name = "exponent", .type = AttributeType::number, .doc = "the power", .required = true};

  registry.add(binary("add", "Adds other, times alpha.", add_shape_rule, "Add", "+", {alpha}));
  registry.add(binary("sub", "Subtracts other, times alpha.", sub_shape_rule, "Sub", "−", {alpha}));
  registry.add(binary("rsub", "Subtracts the input, times alpha, from other: other - input.", sub_shape_rule,
                      "", "−", {alpha}));
  registry.add(binary("mul", "Multiplies by other.", mul_shape_rule, "Mul", "×", {}));
  registry.add(binary("div",
                      "Divides by other; integers give a floating-point quotient unless it is rounded.",
                      div_shape_rule, "Div", "÷", {rounding}));
  registry.add(unary("neg", "The negative of each element.", number_shape_rule, "Neg", "−"));
  registry.add(unary("abs", "The absolute value of each element.", number_shape_rule, "Abs"));
  registry.add(unary("reciprocal", "1 / x of each element.", floating_shape_rule, "Reciprocal"));
  registry.add(unary("exp", "e to the power of each element.", floating_shape_rule, "Exp"));
  registry.add(unary("log", "Natural logarithm of each element.", floating_shape_rule, "Log"));
  registry.add(unary("sqrt", "Square root of each element.", floating_shape_rule, "Sqrt"));
  Descriptor pow = unary("pow", "Each element to the power of a number.", pow_shape_rule, "Pow", "^");
  pow.attributes = {exponent};
  registry.add(std::move(pow));
}

}  // namespace orrery
