#pragma once

#include <vector>

#include "runtime/graph/descriptor.h"

namespace orrery {

/// One side of an operation whose sides may have different dtypes. PyTorch ranks them: a tensor with
/// dimensions outweighs a tensor without, which outweighs a plain number, unless the lighter one is of
/// a higher kind (boolean < integer < floating < complex).
struct Operand {
  enum class Weight { number, scalar, tensor } weight = Weight::tensor;
  DType dtype = DType::float32;
};

Operand operand(const TensorType& type);
/// A plain number: int64, or float32 when it is no integer. REQUIRES: the value is a number.
Operand operand(const AttributeValue& number);

/// The dtype in which the operands meet (torch.result_type). REQUIRES: at least one.
DType result_type(const std::vector<Operand>& operands);

/// The dtype of mathematical functions: integers become float32.
DType floating_result(DType dtype);

/// The dtype of a complex number's parts; any other dtype stays.
DType real_of(DType dtype);

/// The dtype of complex numbers with such parts: complex128 of float64, else complex64; a complex one stays.
DType complex_of(DType dtype);

}  // namespace orrery
