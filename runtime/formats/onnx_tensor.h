#pragma once

#include "runtime/formats/onnx_model.h"
#include "runtime/formats/proto_message.h"

namespace orrery {

/// Reads a TensorProto, and compares its shape with the elements that it has before any are copied. Elements
/// in `raw_data` are left where they are; those in the typed fields are brought into raw form.
OnnxTensor read_onnx_tensor(ProtoMessage message, ProtoBytes& bytes);

/// Bytes that so many elements of that type take; nothing when that is beyond 64 bits, for texts and unknown
/// types, and for negative sizes.
std::optional<std::uint64_t> onnx_tensor_bytes(OnnxDType dtype, const std::vector<std::int64_t>& shape);

}  // namespace orrery
