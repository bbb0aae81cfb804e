#pragma once

#include <string>
#include <vector>

#include "runtime/graph/descriptor.h"

namespace orrery {

// What the operations without inputs share: methods of the graph that make tensors.

/// The sizes, which may be symbolic; also as separate arguments when `variadic`.
Attribute size_option(bool variadic);
/// The dtype of what is made.
Attribute dtype_option(DType usual, std::vector<std::string> choices = {});
/// Names of the floating-point and complex dtypes.
std::vector<std::string> differentiable_names();
/// Names of the integer and floating-point dtypes.
std::vector<std::string> number_names();

/// Stops unless the dtype of the option `dtype` holds a whole number.
void expect_held(const ShapeContext& context, std::int64_t number);

/// Shape rule: the options `size` and `dtype`.
std::vector<TensorType> sized_rule(ShapeContext& context);

/// An operation without inputs, called as in torch.
Descriptor created(std::string name, std::string doc, std::vector<Attribute> options,
                   std::vector<TensorType> (*rule)(ShapeContext&), std::string onnx = {});

}  // namespace orrery
