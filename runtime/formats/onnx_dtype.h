#pragma once

#include <optional>

#include "runtime/formats/onnx_model.h"
#include "runtime/formats/safetensors_dtype.h"

namespace orrery {

/// Which field of a TensorProto holds elements of a type that are not given as raw data.
enum class OnnxField : std::uint8_t { none, floats, int32s, texts, int64s, doubles, uint64s };

/// An element type as a file stores it.
struct OnnxDTypeLayout {
  OnnxDType dtype;
  const char* name;
  int bits;  ///< 0: texts
  OnnxField field;
  /// What safetensors calls it; null where it has no such type.
  const char* safetensors;
};

/// Null for numbers that nobody knows, and for `undefined`.
const OnnxDTypeLayout* onnx_layout(OnnxDType dtype);

/// The type of a file of weights that holds such elements; nothing for texts and 4-bit integers.
std::optional<SafetensorsDType> weights_dtype(OnnxDType dtype);

}  // namespace orrery
