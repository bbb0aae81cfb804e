#include "runtime/onnx/operands.h"

#include <cmath>
#include <map>

#include "runtime/onnx/decimal.h"

namespace orrery {

std::optional<AttributeValue> onnx_number(const OnnxCall& call, int input) {
  const OnnxLiteral* literal = call.has(input) ? call.literal(input) : nullptr;
  if (!literal || !literal->shape().empty() || literal->symbolic()) return std::nullopt;
  if (literal->dtype() == DType::boolean || is_complex(literal->dtype())) return std::nullopt;
  if (is_integral(literal->dtype())) return literal->integers()[0];
  const double number = literal->reals()[0];
  if (std::isnan(number)) return std::nullopt;
  return literal->dtype() == DType::float32 ? decimal_of(static_cast<float>(number)) : number;
}

Value onnx_second_operand(const OnnxCall& call) {
  const Value second = call.value(1);
  if (call.opset() >= 7 || !call.given("axis")) return second;
  Shape shape = second.shape();
  const int rank = call.rank(0);
  const auto begin = static_cast<std::size_t>(call.axis(call.integer("axis"), rank));
  if (begin + shape.size() > static_cast<std::size_t>(rank))
    call.refuse("the second input has more dimensions than the first has from 'axis' on");
  shape.resize(static_cast<std::size_t>(rank) - begin, Dim(1));
  return onnx_in_shape(call, second, std::move(shape));
}

namespace {

// What gives the same with its operands exchanged.
const std::map<std::string, std::string>& exchanged_operations() {
  static const std::map<std::string, std::string> kExchanged = {
      {"add", "add"}, {"mul", "mul"}, {"sub", "rsub"}, {"eq", "eq"},
      {"lt", "gt"},   {"gt", "lt"},   {"le", "ge"},    {"ge", "le"}};
  return kExchanged;
}

}  // namespace

Value apply_to_onnx_pair(const OnnxCall& call, const std::string& operation, OnnxOptions options) {
  if (const auto number = onnx_number(call, 1)) {
    options.emplace_back("other", *number);
    return call.apply(operation, {call.value(0)}, std::move(options));
  }
  const auto exchanged = exchanged_operations().find(operation);
  const auto number = onnx_number(call, 0);
  if (!number || exchanged == exchanged_operations().end())
    return call.apply(operation, {call.value(0), onnx_second_operand(call)}, std::move(options));
  options.emplace_back("other", *number);
  return call.apply(exchanged->second, {call.value(1)}, std::move(options));
}

Value onnx_in_dtype(const OnnxCall& call, Value value, DType dtype) {
  return value.dtype() == dtype ? value : call.apply("to", {value}, {{"dtype", dtype}});
}

Value onnx_in_shape(const OnnxCall& call, Value value, Shape shape) {
  return value.shape() == shape ? value : call.apply("reshape", {value}, {{"shape", std::move(shape)}});
}

Value onnx_along_channels(const OnnxCall& call, Value vector, int rank) {
  Shape shape = vector.shape();
  for (int dim = 2; dim < rank; ++dim) shape.emplace_back(1);
  return onnx_in_shape(call, vector, std::move(shape));
}

}  // namespace orrery
