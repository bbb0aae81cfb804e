#include "runtime/onnx/export_table.h"

namespace orrery {
namespace {

struct Operands {
  std::string left, right;
};

// Both in the result's dtype, which ONNX wants equal.
Operands operands_of(OnnxExportCall& call) {
  const DType dtype = call.result().dtype;
  return {call.operand(0, dtype), call.operand(1, dtype)};
}

void give_pair(OnnxExportCall& call, const char* operation) {
  const Operands two = operands_of(call);
  call.give(call.add(operation, {two.left, two.right}));
}

// `alpha` times the second.
Operands with_alpha(OnnxExportCall& call) {
  Operands two = operands_of(call);
  const DType dtype = call.result().dtype;
  const double alpha = call.options().real("alpha");
  if (alpha != 1) two.right = call.add("Mul", {two.right, call.number(alpha, dtype)});
  return two;
}

void export_add(OnnxExportCall& call) {
  const Operands two = with_alpha(call);
  call.give(call.add("Add", {two.left, two.right}));
}

void export_sub(OnnxExportCall& call) {
  const Operands two = with_alpha(call);
  call.give(call.add("Sub", {two.left, two.right}));
}

void export_rsub(OnnxExportCall& call) {
  if (call.options().real("alpha") != 1) OnnxExportCall::refuse("its alpha is not 1");
  const Operands two = operands_of(call);
  call.give(call.add("Sub", {two.right, two.left}));
}

void export_mul(OnnxExportCall& call) {
  if (call.result().dtype == DType::boolean) return give_pair(call, "And");
  give_pair(call, "Mul");
}

void export_maximum(OnnxExportCall& call) { give_pair(call, "Max"); }
void export_minimum(OnnxExportCall& call) { give_pair(call, "Min"); }

// Towards zero.
std::string truncated(OnnxExportCall& call, const std::string& x) {
  return call.add("Mul", {call.add("Sign", {x}), call.add("Floor", {call.add("Abs", {x})})});
}

// Integers are divided as float64, which holds those up to 2^53.
void divide_whole(OnnxExportCall& call, bool down) {
  const DType dtype = call.result().dtype;
  const DType between = is_floating(dtype) ? dtype : DType::float64;
  const std::string quotient = call.add("Div", {call.operand(0, between), call.operand(1, between)});
  const std::string whole = down ? call.add("Floor", {quotient}) : truncated(call, quotient);
  call.give(call.cast(whole, between, dtype));
}

void export_div(OnnxExportCall& call) {
  if (!call.options().has("rounding_mode")) return give_pair(call, "Div");
  divide_whole(call, call.options().text("rounding_mode") == "floor");
}

void export_true_divide(OnnxExportCall& call) { give_pair(call, "Div"); }
void export_floor_divide(OnnxExportCall& call) { divide_whole(call, true); }

void export_fmod(OnnxExportCall& call) {
  const Operands two = operands_of(call);
  call.give(call.add("Mod", {two.left, two.right}, {onnx_integer("fmod", 1)}));
}

// With the sign of the divisor, which ONNX has for integers alone.
void export_remainder(OnnxExportCall& call) {
  const Operands two = operands_of(call);
  if (!is_floating(call.result().dtype)) {
    call.give(call.add("Mod", {two.left, two.right}));
    return;
  }
  const std::string times = call.add("Floor", {call.add("Div", {two.left, two.right})});
  call.give(call.add("Sub", {two.left, call.add("Mul", {times, two.right})}));
}

void export_pow(OnnxExportCall& call) { give_pair(call, "Pow"); }

void export_hypot(OnnxExportCall& call) {
  const Operands two = operands_of(call);
  const std::string left = call.add("Mul", {two.left, two.left}),
                    right = call.add("Mul", {two.right, two.right});
  call.give(call.add("Sqrt", {call.add("Add", {left, right})}));
}

// The larger one, and what the smaller adds, so that nothing overflows.
void export_logaddexp(OnnxExportCall& call) {
  const Operands two = operands_of(call);
  const std::string gap = call.add("Abs", {call.add("Sub", {two.left, two.right})});
  const std::string rest = call.add("Softplus", {call.add("Neg", {gap})});
  call.give(call.add("Add", {call.add("Max", {two.left, two.right}), rest}));
}

// input + value · (tensor1 · tensor2), or their quotient.
void add_combined(OnnxExportCall& call, const char* operation) {
  const DType dtype = call.result().dtype;
  std::string both = call.add(operation, {call.input(1, dtype), call.input(2, dtype)});
  const double value = call.options().real("value");
  if (value != 1) both = call.add("Mul", {both, call.number(value, dtype)});
  call.give(call.add("Add", {call.input(0, dtype), both}));
}

void export_addcmul(OnnxExportCall& call) { add_combined(call, "Mul"); }
void export_addcdiv(OnnxExportCall& call) { add_combined(call, "Div"); }

void export_lerp(OnnxExportCall& call) {
  const DType dtype = call.result().dtype;
  const std::string from = call.input(0, dtype);
  const std::string way = call.add("Sub", {call.input(1, dtype), from});
  call.give(call.add("Add", {from, call.add("Mul", {way, call.operand(2, dtype)})}));
}

void export_xlogy(OnnxExportCall& call) {
  const Operands two = operands_of(call);
  const std::string zero = call.number(0, call.result().dtype);
  const std::string product = call.add("Mul", {two.left, call.add("Log", {two.right})});
  call.give(call.add("Where", {call.add("Equal", {two.left, zero}), zero, product}));
}

void give_bits(OnnxExportCall& call, const char* of_integers, const char* of_booleans) {
  const bool logical = call.result().dtype == DType::boolean;
  if (!logical) call.require_opset(18, of_integers);
  give_pair(call, logical ? of_booleans : of_integers);
}

void export_bitwise_and(OnnxExportCall& call) { give_bits(call, "BitwiseAnd", "And"); }
void export_bitwise_or(OnnxExportCall& call) { give_bits(call, "BitwiseOr", "Or"); }
void export_bitwise_xor(OnnxExportCall& call) { give_bits(call, "BitwiseXor", "Xor"); }

void export_adder(OnnxExportCall& call) {
  OnnxNames all;
  for (int i = 0; i < call.input_count(); ++i) all.push_back(call.input(i, call.result().dtype));
  call.give(call.add("Sum", all));
}

}  // namespace

void add_exported_arithmetic(OnnxExportTable& table) {
  table.add({"add"}, export_add);
  table.add({"sub"}, export_sub);
  table.add({"rsub"}, export_rsub);
  table.add({"mul"}, export_mul);
  table.add({"maximum"}, export_maximum);
  table.add({"minimum"}, export_minimum);
  table.add({"div"}, export_div);
  table.add({"true_divide"}, export_true_divide);
  table.add({"floor_divide"}, export_floor_divide);
  table.add({"fmod"}, export_fmod);
  table.add({"remainder"}, export_remainder);
  table.add({"pow"}, export_pow);
  table.add({"hypot"}, export_hypot);
  table.add({"logaddexp"}, export_logaddexp);
  table.add({"addcmul"}, export_addcmul);
  table.add({"addcdiv"}, export_addcdiv);
  table.add({"lerp"}, export_lerp);
  table.add({"xlogy"}, export_xlogy);
  table.add({"bitwise_and"}, export_bitwise_and);
  table.add({"bitwise_or"}, export_bitwise_or);
  table.add({"bitwise_xor"}, export_bitwise_xor);
  table.add({"Adder"}, export_adder);
}

}  // namespace orrery
