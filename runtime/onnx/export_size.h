#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/core/shape.h"

namespace orrery {

/// How a size becomes values of ONNX.
struct OnnxSizeMaking {
  std::function<std::optional<std::string>(const Dim&)> part;  ///< of a number or a symbol
  /// `Add`, `Sub`, `Mul`, `Div` (which rounds down), `Min` or `Max` of two values.
  std::function<std::string(const std::string& operation, const std::string&, const std::string&)> join;
};

/// The value of an expression such as `2*floor((H - 1)/2)`, as `Dim::str` writes it. Nothing where a symbol
/// is not known, and for a negative sign at the beginning.
std::optional<std::string> onnx_size(std::string_view expression, const OnnxSizeMaking& making);

}  // namespace orrery
