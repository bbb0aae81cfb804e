#include <fmt/format.h>

#include "runtime/ops/families.h"
#include "runtime/ops/options.h"
#include "runtime/ops/pointwise.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

const MeetingRule kBoth{{"input", "other"}};

// A real alpha would be cut off in an integer result.
void expect_alpha_fits(const ShapeContext& context, DType result) {
  const Attributes& a = context.attributes();
  if (is_integral(result) && !a.is_integer("alpha"))
    context.expects_option("an integer alpha for integer inputs", fmt::format("{}", a.real("alpha")));
}

std::vector<TensorType> add_rule(ShapeContext& context) {
  const auto result = kBoth(context);
  expect_alpha_fits(context, result[0].dtype);
  return result;
}

std::vector<TensorType> sub_rule(ShapeContext& context) {
  for (int port : {0, 1})
    if (context.linked(port)) expect_kind_of(context, Takes::numbers, port);
  return add_rule(context);
}

// Whole numbers have no infinity.
void expect_divisor(const ShapeContext& context, DType result) {
  const Attributes& a = context.attributes();
  if (is_integral(result) && a.has("other") && a.real("other") == 0)
    context.expects_option("a divisor that is not 0", "0");
}

std::vector<TensorType> whole_division_rule(ShapeContext& context) {
  const auto result = MeetingRule{kBoth.ports, Takes::real_numbers}(context);
  expect_divisor(context, result[0].dtype);
  return result;
}

std::vector<TensorType> div_rule(ShapeContext& context) {
  if (context.attributes().has("rounding_mode")) return whole_division_rule(context);
  return MeetingRule{kBoth.ports, Takes::all, Gives::floating}(context);
}

std::vector<TensorType> pow_rule(ShapeContext& context) {
  const auto result = MeetingRule{{"input", "exponent"}, Takes::numbers}(context);
  const Attributes& a = context.attributes();
  if (is_integral(result[0].dtype) && a.has("exponent") && a.real("exponent") < 0)
    context.expects_option("an exponent of at least 0 for integer inputs", str(a.at("exponent")),
                           "Convert the input first: x:to(\"float32\").");
  return result;
}

// The two ends and the weight, which may be a number, are of one dtype.
std::vector<TensorType> lerp_rule(ShapeContext& context) {
  expect_kind_of(context, Takes::differentiable);
  operand_at(context, 2, "weight");
  for (int port : {1, 2})
    if (context.linked(port)) expect_same_dtype(context, port, 0);
  return {{meeting_shape(context), context.input(0).dtype}};
}

// input + value · tensor1 · tensor2, or with a quotient.
std::vector<TensorType> added_rule(ShapeContext& context, Takes takes) {
  const auto result = MeetingRule{{"input", "tensor1", "tensor2"}, takes}(context);
  const Attributes& a = context.attributes();
  if (is_integral(result[0].dtype) && !a.is_integer("value"))
    context.expects_option("an integer value for integer inputs", fmt::format("{}", a.real("value")));
  return result;
}

std::vector<TensorType> addcmul_rule(ShapeContext& context) { return added_rule(context, Takes::numbers); }

std::vector<TensorType> addcdiv_rule(ShapeContext& context) {
  if (is_integral(context.input(1).dtype) && is_integral(context.input(2).dtype))
    expect_kind_of(context, Takes::differentiable, 1);
  return added_rule(context, Takes::differentiable);
}

std::vector<TensorType> heaviside_rule(ShapeContext& context) {
  expect_same_dtype(context, 1, 0);
  return MeetingRule{kBoth.ports, Takes::no_complex}(context);
}

using Rule = std::vector<TensorType> (*)(ShapeContext&);

Descriptor with_rule(Descriptor d, Rule rule, std::string onnx, std::string symbol,
                     std::vector<Attribute> options = {}) {
  d.shape = rule;
  d.onnx = std::move(onnx);
  d.symbol = std::move(symbol);
  d.attributes.insert(d.attributes.end(), options.begin(), options.end());
  return d;
}

Descriptor of_two(std::string name, std::string doc, Takes takes = Takes::all, Gives gives = Gives::same,
                  Numbers numbers = Numbers::other, std::string second = "other") {
  return binary(Category::arithmetic, std::move(name), std::move(doc), takes, gives, numbers,
                std::move(second));
}

Descriptor of_three(std::string name, std::string doc, Rule rule, const char* second, const char* third) {
  Descriptor d = of_two(std::move(name), std::move(doc), Takes::all, Gives::same, Numbers::none, second);
  d.inputs.push_back({.name = third, .doc = "the third operand"});
  return with_rule(std::move(d), rule, "", "",
                   {{.name = "value",
                     .type = AttributeType::number,
                     .doc = "multiplies what is added",
                     .value = std::int64_t{1}}});
}

void add_sums(Registry& registry) {
  const Attribute alpha = {.name = "alpha",
                           .type = AttributeType::number,
                           .doc = "multiplies the second operand",
                           .value = std::int64_t{1}};
  registry.add(with_rule(of_two("add", "Adds other, times alpha."), add_rule, "Add", "+", {alpha}));
  registry.add(with_rule(of_two("sub", "Subtracts other, times alpha."), sub_rule, "Sub", "−", {alpha}));
  registry.add(with_rule(of_two("rsub", "Subtracts the input, times alpha, from other: other - input."),
                         sub_rule, "", "−", {alpha}));
  registry.add(
      of_three("addcmul", "Adds tensor1 * tensor2, times value.", addcmul_rule, "tensor1", "tensor2"));
  registry.add(
      of_three("addcdiv", "Adds tensor1 / tensor2, times value.", addcdiv_rule, "tensor1", "tensor2"));
  Descriptor lerp = of_two("lerp", "The point between the input and end: input + weight * (end - input).",
                           Takes::all, Gives::same, Numbers::none, "end");
  add_number_port(lerp, "weight", "0 for the input, 1 for end: a value or a number");
  lerp.shape = lerp_rule;
  registry.add(std::move(lerp));
}

void add_products(Registry& registry) {
  const Attribute rounding = {
      .name = "rounding_mode",
      .type = AttributeType::text,
      .doc = "rounds the quotient towards 0 (trunc) or down (floor); none: not at all",
      .choices = {"trunc", "floor"}};
  Descriptor mul = of_two("mul", "Multiplies by other.");
  registry.add(with_rule(
      std::move(mul), [](ShapeContext& c) { return kBoth(c); }, "Mul", "×"));
  registry.add(with_rule(
      of_two("div", "Divides by other; integers give a floating-point quotient unless it is rounded."),
      div_rule, "Div", "÷", {rounding}));
  Descriptor true_divide = of_two("true_divide", "Divides by other; integers give a floating-point quotient.",
                                  Takes::all, Gives::floating);
  true_divide.symbol = "÷";
  registry.add(std::move(true_divide));
  Descriptor floor_divide = of_two("floor_divide", "Divides by other and rounds down.");
  floor_divide.differentiable = false;
  registry.add(with_rule(std::move(floor_divide), whole_division_rule, "", "÷"));
  registry.add(with_rule(of_two("fmod", "The remainder of a division, with the sign of the input."),
                         whole_division_rule, "Mod", "%"));
  registry.add(with_rule(of_two("remainder", "The remainder of a division, with the sign of other.",
                                Takes::all, Gives::same, Numbers::any),
                         whole_division_rule, "", "%"));
  registry.add(with_rule(of_two("pow", "The input to the power of the exponent; one of them may be a number.",
                                Takes::all, Gives::same, Numbers::any, "exponent"),
                         pow_rule, "Pow", "^"));
  registry.add(of_two("xlogy", "input * log(other), and 0 where the input is 0.", Takes::no_complex,
                      Gives::floating, Numbers::any));
}

struct Pair {
  const char* name;
  const char* doc;
  Takes takes;
  Gives gives = Gives::same;
  const char* onnx = "";
  Numbers numbers = Numbers::none;
  bool keeps = false;
};

constexpr Pair kPairs[] = {
    {"atan2", "The angle of the point (other, input) in radians.", Takes::no_complex, Gives::floating},
    {"hypot", "The length of the vector (input, other).", Takes::floating, Gives::same, "", Numbers::none,
     true},
    {"maximum", "The larger of two elements; NaN when one of them is.", Takes::no_complex, Gives::same,
     "Max"},
    {"minimum", "The smaller of two elements; NaN when one of them is.", Takes::no_complex, Gives::same,
     "Min"},
    {"fmax", "The larger of two elements; the other when one is NaN.", Takes::no_complex},
    {"fmin", "The smaller of two elements; the other when one is NaN.", Takes::no_complex},
    {"logaddexp", "log(exp(input) + exp(other)) without overflow.", Takes::differentiable},
    {"copysign", "The input's magnitude with other's sign.", Takes::no_complex, Gives::floating, "",
     Numbers::other, true},
    {"bitwise_and", "And of the bits; logical for booleans.", Takes::integral, Gives::same, "BitwiseAnd",
     Numbers::any},
    {"bitwise_or", "Or of the bits; logical for booleans.", Takes::integral, Gives::same, "BitwiseOr",
     Numbers::any},
    {"bitwise_xor", "Exclusive or of the bits; logical for booleans.", Takes::integral, Gives::same,
     "BitwiseXor", Numbers::any},
    {"bitwise_left_shift", "Shifts the bits left by other.", Takes::integers, Gives::same, "", Numbers::any},
    {"bitwise_right_shift", "Shifts the bits right by other.", Takes::integers, Gives::same, "",
     Numbers::any},
};

}  // namespace

void add_arithmetic(Registry& registry) {
  add_sums(registry);
  add_products(registry);
  for (const Pair& pair : kPairs) {
    Descriptor d = of_two(pair.name, pair.doc, pair.takes, pair.gives, pair.numbers);
    d.onnx = pair.onnx;
    d.differentiable = pair.takes != Takes::integral && pair.takes != Takes::integers;
    registry.add(pair.keeps ? keeping(std::move(d)) : std::move(d));
  }
  Descriptor heaviside = of_two("heaviside", "0 below 0, 1 above 0, and the value of other at 0.", Takes::all,
                                Gives::same, Numbers::none);
  heaviside.differentiable = false;
  registry.add(with_rule(std::move(heaviside), heaviside_rule, "", ""));
}

}  // namespace orrery
