#include "runtime/ops/promotion.h"

#include <optional>

#include "runtime/core/error.h"

namespace orrery {

Operand operand(const TensorType& type) {
  return {type.shape.empty() ? Operand::Weight::scalar : Operand::Weight::tensor, type.dtype};
}

Operand operand(const AttributeValue& number) {
  const bool integer = std::holds_alternative<std::int64_t>(number);
  invariant(integer || std::holds_alternative<double>(number), "an operand must be a number");
  return {Operand::Weight::number, integer ? DType::int64 : DType::float32};
}

namespace {

std::optional<DType> of_weight(const std::vector<Operand>& operands, Operand::Weight weight) {
  std::optional<DType> dtype;
  for (const Operand& each : operands)
    if (each.weight == weight) dtype = dtype ? promote(*dtype, each.dtype) : each.dtype;
  return dtype;
}

std::optional<DType> outweigh(std::optional<DType> heavy, std::optional<DType> light) {
  if (!heavy || !light) return heavy ? heavy : light;
  if (is_complex(*heavy)) return heavy;
  if (is_floating(*heavy)) return is_complex(*light) ? complex_of(*heavy) : *heavy;
  return *heavy == DType::boolean || is_differentiable(*light) ? promote(*heavy, *light) : heavy;
}

}  // namespace

DType result_type(const std::vector<Operand>& operands) {
  auto dtype = outweigh(
      of_weight(operands, Operand::Weight::tensor),
      outweigh(of_weight(operands, Operand::Weight::scalar), of_weight(operands, Operand::Weight::number)));
  invariant(dtype.has_value(), "a result type needs an operand");
  return *dtype;
}

DType floating_result(DType dtype) { return is_differentiable(dtype) ? dtype : DType::float32; }

DType real_of(DType dtype) {
  if (!is_complex(dtype)) return dtype;
  return dtype == DType::complex128 ? DType::float64 : DType::float32;
}

DType complex_of(DType dtype) {
  if (is_complex(dtype)) return dtype;
  return dtype == DType::float64 ? DType::complex128 : DType::complex64;
}

}  // namespace orrery
