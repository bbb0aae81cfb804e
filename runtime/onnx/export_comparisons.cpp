#include "runtime/onnx/export_table.h"

namespace orrery {
namespace {

// In which both sides are compared. A number beside integers makes them real when it is.
DType compared_in(const OnnxExportCall& call) {
  const DType left = call.type(0).dtype;
  if (call.has(1)) return promote(left, call.type(1).dtype);
  const bool real = std::holds_alternative<double>(call.options().at("other"));
  if (real && !is_floating(left)) return DType::float32;
  return left == DType::boolean && !real ? DType::int64 : left;
}

std::string compared(OnnxExportCall& call, const char* operation, bool of_booleans = false) {
  DType dtype = compared_in(call);
  // ONNX orders no booleans.
  if (dtype == DType::boolean && !of_booleans) dtype = DType::int32;
  return call.add(operation, {call.input(0, dtype), call.operand(1, dtype)});
}

void export_eq(OnnxExportCall& call) { call.give(compared(call, "Equal", true)); }
void export_ne(OnnxExportCall& call) { call.give(call.add("Not", {compared(call, "Equal", true)})); }
void export_lt(OnnxExportCall& call) { call.give(compared(call, "Less")); }
void export_le(OnnxExportCall& call) { call.give(compared(call, "LessOrEqual")); }
void export_gt(OnnxExportCall& call) { call.give(compared(call, "Greater")); }
void export_ge(OnnxExportCall& call) { call.give(compared(call, "GreaterOrEqual")); }

void give_logical(OnnxExportCall& call, const char* operation) {
  call.give(call.add(operation, {call.input(0, DType::boolean), call.input(1, DType::boolean)}));
}

void export_logical_and(OnnxExportCall& call) { give_logical(call, "And"); }
void export_logical_or(OnnxExportCall& call) { give_logical(call, "Or"); }
void export_logical_xor(OnnxExportCall& call) { give_logical(call, "Xor"); }

void export_logical_not(OnnxExportCall& call) { call.give(call.add("Not", {call.input(0, DType::boolean)})); }

// Whole numbers are what they are.
std::string floating(OnnxExportCall& call) {
  const DType dtype = call.type().dtype;
  return call.input(0, is_floating(dtype) ? dtype : DType::float32);
}

void export_isnan(OnnxExportCall& call) { call.give(call.add("IsNaN", {floating(call)})); }

// IsInf knows float32 and float64 alone until operator set 20.
std::string infinite(OnnxExportCall& call) {
  const bool wide = call.type().dtype == DType::float64;
  return call.add("IsInf", {call.input(0, wide ? DType::float64 : DType::float32)});
}

void export_isinf(OnnxExportCall& call) { call.give(infinite(call)); }

void export_isfinite(OnnxExportCall& call) {
  const std::string bad = call.add("Or", {call.add("IsNaN", {floating(call)}), infinite(call)});
  call.give(call.add("Not", {bad}));
}

}  // namespace

void add_exported_comparisons(OnnxExportTable& table) {
  table.add({"eq"}, export_eq);
  table.add({"ne"}, export_ne);
  table.add({"lt"}, export_lt);
  table.add({"le"}, export_le);
  table.add({"gt"}, export_gt);
  table.add({"ge"}, export_ge);
  table.add({"logical_and"}, export_logical_and);
  table.add({"logical_or"}, export_logical_or);
  table.add({"logical_xor"}, export_logical_xor);
  table.add({"logical_not"}, export_logical_not);
  table.add({"isnan"}, export_isnan);
  table.add({"isinf"}, export_isinf);
  table.add({"isfinite"}, export_isfinite);
}

}  // namespace orrery
