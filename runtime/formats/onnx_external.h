#pragma once

#include <string>

#include "runtime/files/read_file.h"
#include "runtime/formats/onnx_model.h"

namespace orrery {

/// Elements of a tensor that stand in a file beside the model. The file is found from the model's folder,
/// name by name; neither it nor a folder on the way may be a link, and it must have no second name (a hard
/// link), so that a model cannot show its reader's other files. What was checked is what is read, whatever is
/// put in its place meanwhile. Throws `Error(Fault::input_file)`.
///
/// Source: ONNX, docs/ExternalData.md. Its optional `checksum` is not looked at.
Bytes read_external_elements(const std::string& model_path, const OnnxTensor& tensor,
                             const FileSystem& files);

}  // namespace orrery
