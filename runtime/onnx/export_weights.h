#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/files/bytes.h"
#include "runtime/formats/onnx_writer.h"
#include "runtime/formats/weights_file.h"
#include "runtime/onnx/export.h"

namespace orrery {

/// Gives a parameter's elements, little-endian, row by row, in its dtype.
using ParameterElements = std::function<Bytes(const OnnxWeight::Rows&)>;

/// Elements from the file of a saved model, by keys. Its tensors must have the parameters' shapes and dtypes,
/// else `Error(Fault::input_file)`; so when one is missing.
ParameterElements elements_of_file(std::shared_ptr<const WeightsFile> file);

/// The first values that files tell (a graph that was read from ONNX). A parameter without any is an
/// `Error(Fault::usage)`.
ParameterElements first_elements();

/// What `write_onnx` asks for, of an exported graph that outlives it.
std::function<Bytes(const OnnxTensor&)> elements_of_export(const OnnxExport& exported,
                                                           ParameterElements elements);

}  // namespace orrery
