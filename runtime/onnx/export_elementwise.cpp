#include <cmath>

#include "runtime/onnx/export_table.h"

namespace orrery {
namespace {

std::string floating_input(OnnxExportCall& call) { return call.input(0, call.result().dtype); }

std::string number_like(OnnxExportCall& call, double value) {
  return call.number(value, call.result().dtype);
}

// Integers are whole already.
void give_rounded(OnnxExportCall& call, const char* operation) {
  call.give(is_floating(call.type().dtype) ? call.add(operation, {call.input()}) : call.input());
}

void export_floor(OnnxExportCall& call) { give_rounded(call, "Floor"); }
void export_ceil(OnnxExportCall& call) { give_rounded(call, "Ceil"); }

std::string towards_zero(OnnxExportCall& call, const std::string& x) {
  return call.add("Mul", {call.add("Sign", {x}), call.add("Floor", {call.add("Abs", {x})})});
}

void export_trunc(OnnxExportCall& call) {
  call.give(is_floating(call.type().dtype) ? towards_zero(call, call.input()) : call.input());
}

void export_frac(OnnxExportCall& call) {
  call.give(call.add("Sub", {call.input(), towards_zero(call, call.input())}));
}

void export_round(OnnxExportCall& call) {
  if (!is_floating(call.type().dtype)) return call.give(call.input());
  const std::int64_t decimals = call.options().integer("decimals");
  if (decimals == 0) return call.give(call.add("Round", {call.input()}));
  const std::string shift = number_like(call, std::pow(10.0, static_cast<double>(decimals)));
  const std::string whole = call.add("Round", {call.add("Mul", {call.input(), shift})});
  call.give(call.add("Div", {whole, shift}));
}

void export_rsqrt(OnnxExportCall& call) {
  call.give(call.add("Reciprocal", {call.add("Sqrt", {floating_input(call)})}));
}

void export_exp2(OnnxExportCall& call) {
  call.give(call.add("Pow", {number_like(call, 2), floating_input(call)}));
}

void export_expm1(OnnxExportCall& call) {
  call.give(call.add("Sub", {call.add("Exp", {floating_input(call)}), number_like(call, 1)}));
}

void export_log1p(OnnxExportCall& call) {
  call.give(call.add("Log", {call.add("Add", {floating_input(call), number_like(call, 1)})}));
}

void give_log_to(OnnxExportCall& call, double base) {
  const std::string log = call.add("Log", {floating_input(call)});
  call.give(call.add("Mul", {log, number_like(call, 1 / std::log(base))}));
}

void export_log2(OnnxExportCall& call) { give_log_to(call, 2); }
void export_log10(OnnxExportCall& call) { give_log_to(call, 10); }

void export_erfc(OnnxExportCall& call) {
  call.give(call.add("Sub", {number_like(call, 1), call.add("Erf", {floating_input(call)})}));
}

void export_square(OnnxExportCall& call) { call.give(call.add("Mul", {call.input(), call.input()})); }

void export_deg2rad(OnnxExportCall& call) {
  call.give(call.add("Mul", {floating_input(call), number_like(call, M_PI / 180)}));
}

void export_rad2deg(OnnxExportCall& call) {
  call.give(call.add("Mul", {floating_input(call), number_like(call, 180 / M_PI)}));
}

void export_logit(OnnxExportCall& call) {
  std::string x = floating_input(call);
  if (call.options().has("eps")) {
    const double eps = call.options().real("eps");
    x = call.add("Clip", {x, number_like(call, eps), number_like(call, 1 - eps)});
  }
  const std::string rest = call.add("Sub", {number_like(call, 1), x});
  call.give(call.add("Log", {call.add("Div", {x, rest})}));
}

void export_bitwise_not(OnnxExportCall& call) {
  if (call.type().dtype == DType::boolean) return call.give(call.add("Not", {call.input()}));
  call.require_opset(18, "BitwiseNot");
  call.give(call.add("BitwiseNot", {call.input()}));
}

void export_where(OnnxExportCall& call) {
  const DType dtype = call.result().dtype;
  call.give(
      call.add("Where", {call.input(0, DType::boolean), call.operand(1, dtype), call.operand(2, dtype)}));
}

void export_masked_fill(OnnxExportCall& call) {
  const DType dtype = call.result().dtype;
  call.give(call.add("Where", {call.input(1, DType::boolean), call.operand(2, dtype), call.input(0, dtype)}));
}

// Bounds that are values may have a shape of their own.
std::string bounded(OnnxExportCall& call, const std::string& x, int port, const char* operation) {
  const std::string bound = call.operand(port, call.result().dtype);
  return bound.empty() ? x : call.add(operation, {x, bound});
}

void export_clamp(OnnxExportCall& call) {
  const DType dtype = call.result().dtype;
  const std::string x = call.input(0, dtype);
  if (!call.has(1) && !call.has(2))
    return call.give(call.add("Clip", {x, call.operand(1, dtype), call.operand(2, dtype)}));
  call.give(bounded(call, bounded(call, x, 1, "Max"), 2, "Min"));
}

void export_clamp_min(OnnxExportCall& call) {
  call.give(bounded(call, call.input(0, call.result().dtype), 1, "Max"));
}

void export_clamp_max(OnnxExportCall& call) {
  call.give(bounded(call, call.input(0, call.result().dtype), 1, "Min"));
}

void export_clamp_data(OnnxExportCall& call) {
  const double low = call.options().real("min"), high = call.options().real("max");
  call.give(call.add("Clip", {call.input(), number_like(call, low), number_like(call, high)}));
}

void pass_on(OnnxExportCall& call) { call.give(call.input()); }

// Evaluated, a dropout passes on; a function does so only when it is told.
void export_dropout(OnnxExportCall& call) {
  const bool draws =
      !call.node().layer() && call.options().boolean("training") && call.options().real("p") > 0;
  if (draws)
    OnnxExportCall::refuse(
        "it draws random numbers at each run (training = true); nn.Dropout only in training");
  pass_on(call);
}

}  // namespace

void add_exported_elementwise(OnnxExportTable& table) {
  table.add_alike({{"neg", "Neg"},
                   {"abs", "Abs"},
                   {"absolute", "Abs"},
                   {"sign", "Sign"},
                   {"sgn", "Sign"},
                   {"sqrt", "Sqrt"},
                   {"reciprocal", "Reciprocal"},
                   {"exp", "Exp"},
                   {"log", "Log"},
                   {"sin", "Sin"},
                   {"cos", "Cos"},
                   {"tan", "Tan"},
                   {"asin", "Asin"},
                   {"acos", "Acos"},
                   {"atan", "Atan"},
                   {"sinh", "Sinh"},
                   {"cosh", "Cosh"},
                   {"asinh", "Asinh"},
                   {"acosh", "Acosh"},
                   {"atanh", "Atanh"},
                   {"erf", "Erf"}});
  table.add({"positive", "detach", "contiguous", "clone", "Identity", "expect"}, pass_on);
  table.add({"Dropout", "dropout", "Dropout1d", "dropout1d", "Dropout2d", "dropout2d", "Dropout3d",
             "dropout3d", "AlphaDropout", "alpha_dropout", "FeatureAlphaDropout", "feature_alpha_dropout"},
            export_dropout);
  table.add({"floor"}, export_floor);
  table.add({"ceil"}, export_ceil);
  table.add({"trunc"}, export_trunc);
  table.add({"frac"}, export_frac);
  table.add({"round"}, export_round);
  table.add({"rsqrt"}, export_rsqrt);
  table.add({"exp2"}, export_exp2);
  table.add({"expm1"}, export_expm1);
  table.add({"log1p"}, export_log1p);
  table.add({"log2"}, export_log2);
  table.add({"log10"}, export_log10);
  table.add({"erfc"}, export_erfc);
  table.add({"square"}, export_square);
  table.add({"deg2rad"}, export_deg2rad);
  table.add({"rad2deg"}, export_rad2deg);
  table.add({"logit"}, export_logit);
  table.add({"bitwise_not"}, export_bitwise_not);
  table.add({"where"}, export_where);
  table.add({"masked_fill"}, export_masked_fill);
  table.add({"clamp"}, export_clamp);
  table.add({"clamp_min"}, export_clamp_min);
  table.add({"clamp_max"}, export_clamp_max);
  table.add({"ClampData"}, export_clamp_data);
}

}  // namespace orrery
