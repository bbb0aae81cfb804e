#include "runtime/onnx/operands.h"
#include "runtime/onnx/operators.h"

namespace orrery {
namespace {

// Scalars that are known stand in the options, if something else tells the dtype.
void import_where(OnnxCall& call) {
  std::vector<Value> inputs = {call.value(0), Value(), Value()};
  OnnxOptions options;
  const auto chosen = onnx_number(call, 1), other = onnx_number(call, 2);
  if (chosen && !other)
    options.emplace_back("input", *chosen);
  else
    inputs[1] = call.value(1);
  if (other)
    options.emplace_back("other", *other);
  else
    inputs[2] = call.value(2);
  call.give(call.apply("where", std::move(inputs), std::move(options)));
}

void import_bit_shift(OnnxCall& call) {
  const std::string direction = call.text("direction", "");
  if (direction != "LEFT" && direction != "RIGHT")
    call.refuse("the attribute 'direction' must be LEFT or RIGHT, got '" + direction + "'");
  call.give(apply_to_onnx_pair(call, direction == "LEFT" ? "bitwise_left_shift" : "bitwise_right_shift"));
}

}  // namespace

void add_onnx_comparisons(OnnxOperators& table) {
  const std::pair<const char*, const char*> pairs[] = {
      {"Equal", "eq"},
      {"Less", "lt"},
      {"Greater", "gt"},
      {"LessOrEqual", "le"},
      {"GreaterOrEqual", "ge"},
      {"And", "logical_and"},
      {"Or", "logical_or"},
      {"Xor", "logical_xor"},
      {"BitwiseAnd", "bitwise_and"},
      {"BitwiseOr", "bitwise_or"},
      {"BitwiseXor", "bitwise_xor"},
  };
  for (const auto& [name, operation] : pairs)
    table.add(name, [operation = std::string(operation)](OnnxCall& call) {
      call.give(apply_to_onnx_pair(call, operation));
    });
  table.add_alike({{"Not", "logical_not"}, {"BitwiseNot", "bitwise_not"}});
  table.add("BitShift", import_bit_shift);
  table.add("Where", import_where);
}

}  // namespace orrery
