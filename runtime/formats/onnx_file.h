#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/files/bytes.h"
#include "runtime/files/file_system.h"
#include "runtime/formats/onnx_model.h"

namespace orrery {

/// A model file of ONNX. Its structure is read and checked at once; elements of tensors when asked for. Const
/// functions may run on several threads at once.
///
/// All faults are `Error(Fault::input_file)` that name the file and the place in it: those of the encoding
/// (protobuf), of the structure (a tensor whose size contradicts its shape), and of external data that lie
/// outside the model's folder, are links, or are not there.
class OnnxFile {
 public:
  virtual ~OnnxFile() = default;

  const std::string& path() const { return path_; }
  const OnnxModel& model() const { return model_; }

  /// The elements of a tensor of this file, little-endian, row by row, in its own dtype: of 4-bit types two
  /// to a byte, the first in the lower half. REQUIRES: the dtype is not `text`.
  virtual Bytes elements(const OnnxTensor& tensor) const = 0;

 protected:
  OnnxFile() = default;
  std::string path_;
  OnnxModel model_;
};

/// Opens a model file.
std::shared_ptr<const OnnxFile> open_onnx(const std::string& path, const FileSystem& files = posix_files());

/// The same of a text in memory; `what` names it in messages. External data are refused.
std::shared_ptr<const OnnxFile> onnx_from_text(std::string_view text, const std::string& what);

/// A file that holds one tensor (`TensorProto`), as ONNX's test data do: a model without nodes, whose graph
/// has that tensor as its one initializer.
std::shared_ptr<const OnnxFile> open_onnx_tensor(const std::string& path,
                                                 const FileSystem& files = posix_files());

}  // namespace orrery
