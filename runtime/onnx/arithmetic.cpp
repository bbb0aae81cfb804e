#include <cmath>

#include "runtime/onnx/operands.h"
#include "runtime/onnx/operators.h"

namespace orrery {
namespace {

// Quotients of integers are cut off towards 0, as in C.
void import_div(OnnxCall& call) {
  if (is_integral(call.type(0).dtype))
    return call.give(apply_to_onnx_pair(call, "div", {{"rounding_mode", "trunc"}}));
  const auto number = onnx_number(call, 0);
  if (number && *number == AttributeValue(1.0) && !onnx_number(call, 1))
    return call.give(call.apply("reciprocal", {call.value(1)}));
  call.give(apply_to_onnx_pair(call, "div"));
}

void import_mod(OnnxCall& call) {
  call.give(apply_to_onnx_pair(call, call.integer("fmod", 0) != 0 ? "fmod" : "remainder"));
}

// The exponent as a number that the base's dtype takes: integers are raised to whole powers of at least 0,
// and what is a decimal number for 32 bits is another for 64.
std::optional<AttributeValue> exponent_number(const OnnxCall& call) {
  const DType base = call.type(0).dtype;
  const auto number = onnx_number(call, 1);
  if (base == DType::float64 && call.type(1).dtype == DType::float32) return std::nullopt;
  if (!number || !is_integral(base)) return number;
  const auto* real = std::get_if<double>(&*number);
  if (real && (*real != std::floor(*real) || std::abs(*real) > 64)) return std::nullopt;
  const std::int64_t whole = real ? static_cast<std::int64_t>(*real) : std::get<std::int64_t>(*number);
  if (whole < 0) return std::nullopt;
  return whole;
}

Value power_of(const OnnxCall& call) {
  const DType base = call.type(0).dtype, exponent = call.type(1).dtype;
  if (const auto number = exponent_number(call))
    return call.apply("pow", {call.value(0)}, {{"exponent", *number}});
  const auto number = onnx_number(call, 0);
  if (number && is_floating(base) && exponent == base)
    return call.apply("pow", {Value(), onnx_second_operand(call)}, {{"input", *number}});
  const Value raised = call.value(0), by = onnx_second_operand(call);
  const bool through_reals = is_integral(base) && (is_floating(exponent) || onnx_number(call, 1));
  if (!through_reals) return call.apply("pow", {raised, by});
  return call.apply("pow", {onnx_in_dtype(call, raised, DType::float64), by});
}

// The result is what the base is, whatever the exponent.
void import_pow(OnnxCall& call) { call.give(onnx_in_dtype(call, power_of(call), call.type(0).dtype)); }

// A bound is an attribute before operator set 11, then an input.
void add_bound(const OnnxCall& call, const std::string& name, int input, OnnxOptions& options,
               std::vector<Value>& inputs) {
  if (call.opset() < 11) {
    if (call.given(name)) options.emplace_back(name, call.real(name));
    return;
  }
  if (!call.has(input)) return;
  if (const auto number = onnx_number(call, input))
    options.emplace_back(name, *number);
  else
    inputs[static_cast<std::size_t>(input)] = onnx_in_shape(call, call.value(input), {});
}

void import_clip(OnnxCall& call) {
  OnnxOptions options;
  std::vector<Value> inputs = {call.value(0), Value(), Value()};
  add_bound(call, "min", 1, options, inputs);
  add_bound(call, "max", 2, options, inputs);
  if (options.empty() && !inputs[1] && !inputs[2]) return call.give(inputs[0]);
  call.give(call.apply("clamp", std::move(inputs), std::move(options)));
}

Value sum_of_all(const OnnxCall& call) {
  Value sum = call.value(0);
  for (int i = 1; i < call.input_count(); ++i) sum = call.apply("add", {sum, call.value(i)});
  return sum;
}

void import_mean(OnnxCall& call) {
  const Value sum = sum_of_all(call);
  const std::int64_t count = call.input_count();
  call.give(count == 1 ? sum : call.apply("div", {sum}, {{"other", count}}));
}

// The largest or the smallest of any number of tensors; a known scalar is a bound.
void import_extreme(OnnxCall& call, const std::string& of_two, const std::string& bound,
                    const std::string& port) {
  Value extreme = call.value(0);
  for (int i = 1; i < call.input_count(); ++i) {
    const auto number = onnx_number(call, i);
    extreme = number ? call.apply(bound, {extreme}, {{port, *number}})
                     : call.apply(of_two, {extreme, call.value(i)});
  }
  call.give(extreme);
}

// Integers, which early sets allow, stay integers.
void import_erf(OnnxCall& call) {
  const Value x = call.value(0);
  call.give(onnx_in_dtype(call, call.apply("erf", {x}), x.dtype()));
}

void import_isinf(OnnxCall& call) {
  const Value x = call.value(0);
  const bool negative = call.integer("detect_negative", 1) != 0;
  const bool positive = call.integer("detect_positive", 1) != 0;
  if (!negative && !positive) return call.give(call.apply("zeros_like", {x}, {{"dtype", DType::boolean}}));
  const Value infinite = call.apply("isinf", {x});
  if (negative && positive) return call.give(infinite);
  const Value side = call.apply(positive ? "gt" : "lt", {x}, {{"other", 0}});
  call.give(call.apply("logical_and", {infinite, side}));
}

void add_functions(OnnxOperators& table) {
  table.add_alike({{"Abs", "abs"},     {"Neg", "neg"},     {"Sign", "sign"},
                   {"Floor", "floor"}, {"Ceil", "ceil"},   {"Round", "round"},
                   {"Sqrt", "sqrt"},   {"Exp", "exp"},     {"Log", "log"},
                   {"Sin", "sin"},     {"Cos", "cos"},     {"Tan", "tan"},
                   {"Asin", "asin"},   {"Acos", "acos"},   {"Atan", "atan"},
                   {"Sinh", "sinh"},   {"Cosh", "cosh"},   {"Asinh", "asinh"},
                   {"Acosh", "acosh"}, {"Atanh", "atanh"}, {"Reciprocal", "reciprocal"},
                   {"IsNaN", "isnan"}});
  table.add("Erf", import_erf);
  table.add("IsInf", import_isinf);
}

}  // namespace

void add_onnx_arithmetic(OnnxOperators& table) {
  table.add("Add", [](OnnxCall& call) { call.give(apply_to_onnx_pair(call, "add")); });
  table.add("Sub", [](OnnxCall& call) { call.give(apply_to_onnx_pair(call, "sub")); });
  table.add("Mul", [](OnnxCall& call) { call.give(apply_to_onnx_pair(call, "mul")); });
  table.add("Div", import_div);
  table.add("Mod", import_mod);
  table.add("Pow", import_pow);
  table.add("Sum", [](OnnxCall& call) { call.give(sum_of_all(call)); });
  table.add("Mean", import_mean);
  table.add("Max", [](OnnxCall& call) { import_extreme(call, "maximum", "clamp_min", "min"); });
  table.add("Min", [](OnnxCall& call) { import_extreme(call, "minimum", "clamp_max", "max"); });
  table.add("Clip", import_clip);
  add_functions(table);
}

}  // namespace orrery
