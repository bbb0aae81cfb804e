#pragma once

#include <optional>
#include <string>

#include "runtime/onnx/call.h"

namespace orrery {

// What the families of ONNX operators share: how operands are brought together.

/// The number of an input that is known and has no dimensions; nothing for other inputs, booleans, complex
/// numbers and NaN.
std::optional<AttributeValue> onnx_number(const OnnxCall& call, int input);

/// The second input of an operator of two. Before operator set 7 the attribute `axis` tells at which of the
/// first's dimensions its own begin: dimensions of size 1 are put behind them.
Value onnx_second_operand(const OnnxCall& call);

/// Applies an operation with the ports `input` and `other` to the first two inputs. A known scalar becomes
/// the number of the option, whichever side it is on.
Value apply_to_onnx_pair(const OnnxCall& call, const std::string& operation, OnnxOptions options = {});

/// The value in that dtype: itself where it has it.
Value onnx_in_dtype(const OnnxCall& call, Value value, DType dtype);
/// The value in that shape: itself where it has it.
Value onnx_in_shape(const OnnxCall& call, Value value, Shape shape);
/// One number for each channel, shaped to meet dimension 1 of a value of that rank: (C) → (C, 1, 1).
Value onnx_along_channels(const OnnxCall& call, Value vector, int rank);

}  // namespace orrery
