#pragma once

#include <string>

#include "runtime/formats/onnx_model.h"

namespace orrery {

/// Throws `Error(Fault::input_file)` that names all operators of a model, also of its branches, loops and
/// functions, which are not imported, with a node of each.
void require_onnx_operators(const OnnxModel& model, const std::string& what);

/// The nodes of a function as a graph: attributes that refer to the calling node's have its values.
OnnxGraph body_of(const OnnxFunction& function, const OnnxNode& call);

}  // namespace orrery
