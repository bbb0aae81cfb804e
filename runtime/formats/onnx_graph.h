#pragma once

#include "runtime/formats/onnx_model.h"
#include "runtime/formats/proto_message.h"

namespace orrery {

/// Reads a ModelProto. What can be told from the message alone is checked: versions, texts, tensors against
/// their shapes, attributes against their types; names and operators are the importer's.
OnnxModel read_onnx_model(ProtoBytes& bytes);

}  // namespace orrery
