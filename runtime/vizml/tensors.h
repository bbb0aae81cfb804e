#pragma once

#include <string>

#include "runtime/files/file_system.h"
#include "runtime/graph/descriptor.h"
#include "runtime/vizml/document.h"

namespace orrery {

/// Shape and dtype of what a node gives that is an input or constant but no MNIST: from its `size`, else from
/// the header of its file, whose path begins at `folder`. An image is (1, 3, height, width). Throws
/// `Error(Fault::input_file)` that names the node.
TensorType vizml_tensor_type(const VizmlNode& node, const std::string& folder, const FileSystem& files);

}  // namespace orrery
