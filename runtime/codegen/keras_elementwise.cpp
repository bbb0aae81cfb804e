#include <fmt/format.h>

#include "runtime/codegen/keras_form.h"

// Of each element, and of pairs of elements; products of matrices.
namespace orrery {
namespace {

KerasForm unary(const char* function) { return keras_function(function); }
KerasForm binary(const char* function) { return keras_function(function, {}, 2); }

CodeCall clamped(const KerasNode& it) {
  const std::string low = it.in(1), high = it.in(2);
  if (!low.empty() && !high.empty()) return {fmt::format("ops.clip({}, {}, {})", it.in(), low, high)};
  if (high.empty()) return {fmt::format("ops.maximum({}, {})", it.in(), low)};
  return {fmt::format("ops.minimum({}, {})", it.in(), high)};
}

CodeCall gelu(const KerasNode& it) {
  const bool is_tanh = it.options().text("approximate") == "tanh";
  return {fmt::format("ops.gelu({}, approximate={})", it.in(), is_tanh ? "True" : "False")};
}

// PyTorch's goes on as x above a threshold, 20 by default, where it is x to the last digit.
CodeCall softplus(const KerasNode& it) {
  it.takes_only({});
  return {fmt::format("ops.softplus({})", it.in())};
}

CodeCall softmin(const KerasNode& it) {
  it.takes_only({"dim"});
  if (!it.options().has("dim")) KerasNode::refuse("no dim");
  return {fmt::format("ops.softmax(-{}, axis={})", it.in(), it.options().integer("dim"))};
}

CodeCall einsum(const KerasNode& it) {
  CodeCall call{"ops.einsum("};
  call.arguments.push_back(keras_value(python_text(it.options().text("equation"))));
  for (const Value& operand : it.node().inputs())
    call.arguments.push_back(keras_value(it.scope().name(operand)));
  call.tail = ")";
  return call;
}

CodeCall normalized(const KerasNode& it) {
  it.takes_only({"dim", "eps"});
  return {fmt::format("{0} / ops.maximum(ops.norm({0}, axis={1}, keepdims=True), {2})", it.in(),
                      it.options().integer("dim"), python_number(it.options().real("eps")))};
}

// Booleans are no numbers in every backend.
KerasForm bitwise(const char* of_numbers, const char* of_booleans) {
  return [of_numbers, of_booleans](const KerasNode& it) {
    const bool is_logical = it.node().outputs()[0].dtype == DType::boolean;
    return CodeCall{fmt::format("ops.{}({}, {})", is_logical ? of_booleans : of_numbers, it.in(0), it.in(1))};
  };
}

KerasForms activations() {
  return {{"relu", unary("ops.relu")},
          {"relu6", unary("ops.relu6")},
          {"sigmoid", unary("ops.sigmoid")},
          {"tanh", unary("ops.tanh")},
          {"silu", unary("ops.silu")},
          {"selu", unary("ops.selu")},
          {"mish", keras_expression("{0} * ops.tanh(ops.softplus({0}))")},
          {"softsign", unary("ops.softsign")},
          {"tanhshrink", unary("ops.tanh_shrink")},
          {"logsigmoid", unary("ops.log_sigmoid")},
          {"hardswish", unary("ops.hard_silu")},
          {"hardsigmoid", unary("ops.hard_sigmoid")},
          {"elu", keras_function("ops.elu", {{"alpha", "alpha"}})},
          {"celu", keras_function("ops.celu", {{"alpha", "alpha"}})},
          {"leaky_relu", keras_function("ops.leaky_relu", {{"negative_slope", "negative_slope", true}})},
          {"hardtanh", keras_function("ops.clip", {{"min_val", "x_min", true}, {"max_val", "x_max", true}})},
          {"hardshrink", keras_function("ops.hard_shrink", {{"lambd", "threshold", true}})},
          {"softshrink", keras_function("ops.soft_shrink", {{"lambd", "threshold", true}})},
          {"threshold", keras_function("ops.threshold",
                                       {{"threshold", "threshold", true}, {"value", "default_value", true}})},
          {"glu", keras_function("ops.glu", {{"dim", "axis", true}})},
          {"softmax", keras_function("ops.softmax", {{"dim", "axis", true}})},
          {"log_softmax", keras_function("ops.log_softmax", {{"dim", "axis", true}})},
          {"softmin", softmin},
          {"softplus", softplus},
          {"gelu", gelu}};
}

KerasForms functions() {
  KerasForms forms;
  for (const char* name :
       {"abs",   "sign",  "floor",    "ceil",       "trunc",   "sqrt",    "rsqrt",      "exp",
        "exp2",  "expm1", "log",      "log2",       "log10",   "log1p",   "sin",        "cos",
        "tan",   "sinh",  "cosh",     "sinc",       "erf",     "erfc",    "erfinv",     "square",
        "isnan", "isinf", "isfinite", "reciprocal", "deg2rad", "rad2deg", "logical_not"})
    forms[name] = keras_function(std::string("ops.") + name);
  for (const auto& [ours, theirs] : {std::pair{"absolute", "abs"},
                                     {"sgn", "sign"},
                                     {"asin", "arcsin"},
                                     {"acos", "arccos"},
                                     {"atan", "arctan"},
                                     {"asinh", "arcsinh"},
                                     {"acosh", "arccosh"},
                                     {"atanh", "arctanh"},
                                     {"round", "round"},
                                     {"bitwise_not", "bitwise_not"}})
    forms[ours] = keras_function(std::string("ops.") + theirs);
  forms["neg"] = keras_expression("-{0}");
  forms["frac"] = keras_expression("{0} - ops.trunc({0})");
  return forms;
}

KerasForms pairs() {
  KerasForms forms = {{"add", keras_expression("{0} + {1}")},
                      {"sub", keras_expression("{0} - {1}")},
                      {"rsub", keras_expression("{1} - {0}")},
                      {"mul", keras_expression("{0} * {1}")},
                      {"div", keras_expression("{0} / {1}")},
                      {"true_divide", keras_expression("{0} / {1}")},
                      {"pow", keras_expression("{0} ** {1}")},
                      {"lt", keras_expression("{0} < {1}")},
                      {"le", keras_expression("{0} <= {1}")},
                      {"gt", keras_expression("{0} > {1}")},
                      {"ge", keras_expression("{0} >= {1}")},
                      {"addcmul", keras_expression("{0} + {1} * {2}")},
                      {"addcdiv", keras_expression("{0} + {1} / {2}")},
                      {"lerp", keras_expression("{0} + {2} * ({1} - {0})")},
                      {"eq", binary("ops.equal")},
                      {"ne", binary("ops.not_equal")},
                      {"atan2", binary("ops.arctan2")},
                      {"remainder", binary("ops.mod")},
                      {"where", keras_expression("ops.where({0}, {1}, {2})")},
                      {"masked_fill", keras_expression("ops.where({1}, {2}, {0})")},
                      {"bitwise_and", bitwise("bitwise_and", "logical_and")},
                      {"bitwise_or", bitwise("bitwise_or", "logical_or")},
                      {"bitwise_xor", bitwise("bitwise_xor", "logical_xor")},
                      {"clamp", clamped},
                      {"clamp_min", binary("ops.maximum")},
                      {"clamp_max", binary("ops.minimum")},
                      {"normalize", normalized}};
  for (const char* name : {"floor_divide", "fmod", "hypot", "maximum", "minimum", "fmax", "fmin", "logaddexp",
                           "heaviside", "logical_and", "logical_or", "logical_xor"})
    forms[name] = keras_function(std::string("ops.") + name, {}, 2);
  return forms;
}

KerasForms products() {
  return {{"matmul", keras_expression("{0} @ {1}")},
          {"mm", keras_expression("{0} @ {1}")},
          {"bmm", keras_expression("{0} @ {1}")},
          {"mv", keras_expression("{0} @ {1}")},
          {"dot", binary("ops.dot")},
          {"inner", binary("ops.inner")},
          {"outer", binary("ops.outer")},
          {"ger", binary("ops.outer")},
          {"addmm", keras_expression("{0} + {1} @ {2}")},
          {"baddbmm", keras_expression("{0} + {1} @ {2}")},
          {"einsum", einsum}};
}

}  // namespace

const KerasForms& keras_elementwise() {
  static const KerasForms forms = [] {
    KerasForms all = activations();
    all.merge(functions());
    all.merge(pairs());
    all.merge(products());
    return all;
  }();
  return forms;
}

}  // namespace orrery
