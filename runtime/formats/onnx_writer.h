#pragma once

#include <functional>
#include <string>

#include "runtime/files/bytes.h"
#include "runtime/files/file_system.h"
#include "runtime/formats/onnx_model.h"

namespace orrery {

struct OnnxWriting {
  /// Gives the elements of an initializer that has none of its own (`Place::none`), when their turn comes:
  /// little-endian, row by row. One at a time is in memory.
  std::function<Bytes(const OnnxTensor&)> elements;
  /// Those elements stand in `<name>.data` beside the model, not inside.
  bool beside = false;
};

/// Writes a model file, and with `beside` the file of its elements before it. Atomic, file by file. Throws
/// `Error(Fault::usage)` when it would be larger than protobuf allows (2 GiB), and `Error(Fault::write)` as
/// `AtomicWriter`; what `elements` throws passes through.
void write_onnx(const std::string& path, const OnnxModel& model, const OnnxWriting& writing,
                const FileSystem& files = posix_files());

/// The model as one text; initializers without elements of their own stay empty.
std::string onnx_text(const OnnxModel& model);

}  // namespace orrery
