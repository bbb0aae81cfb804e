#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/files/read_file.h"
#include "runtime/formats/onnx_dtype.h"
#include "runtime/formats/onnx_external.h"
#include "runtime/formats/onnx_file.h"
#include "runtime/formats/onnx_graph.h"
#include "runtime/formats/onnx_tensor.h"
#include "runtime/formats/sniff.h"

namespace orrery {
namespace {

Bytes bytes_of_text(std::string_view text) {
  Bytes bytes(text.size());
  std::ranges::copy(as_bytes(text), bytes.data());
  return bytes;
}

OnnxModel read_model(ProtoBytes& bytes) {
  // Protobuf has no magic number; what has one of another format is no model.
  const FileKind kind = sniff(as_bytes(bytes.at(0, std::min<std::uint64_t>(bytes.size(), kSniffBytes))));
  if (kind == FileKind::unknown || kind == FileKind::onnx) return read_onnx_model(bytes);
  throw Error(Fault::input_file,
              fmt::format("{} is not an ONNX model but {}", bytes.source(), describe(kind)), {},
              std::string(remedy(kind)));
}

// A model whose graph is one tensor.
OnnxModel read_tensor_model(ProtoBytes& bytes) {
  OnnxModel model;
  model.graph.initializers.push_back(read_onnx_tensor(ProtoMessage(bytes, "the tensor"), bytes));
  return model;
}

using ModelReader = OnnxModel (*)(ProtoBytes&);

class OnnxOnDisk final : public OnnxFile {
 public:
  OnnxOnDisk(const std::string& path, const FileSystem& files, ModelReader read)
      : files_(files), file_(path, files) {
    path_ = path;
    ProtoBytes bytes(file_, quote_path(path));
    model_ = read(bytes);
  }

  Bytes elements(const OnnxTensor& tensor) const override {
    switch (tensor.place) {
      case OnnxTensor::Place::external: return read_external_elements(path_, tensor, files_);
      case OnnxTensor::Place::raw: break;
      default: return bytes_of_text(tensor.bytes ? std::string_view(*tensor.bytes) : std::string_view());
    }
    Bytes bytes(static_cast<std::size_t>(tensor.length));
    file_.read(tensor.offset, bytes.span());
    return bytes;
  }

 private:
  const FileSystem& files_;
  InputFile file_;
};

class OnnxInMemory final : public OnnxFile {
 public:
  OnnxInMemory(std::string_view text, const std::string& what) : text_(text) {
    path_ = what;
    ProtoBytes bytes(text_, quote_path(what));
    model_ = read_model(bytes);
  }

  Bytes elements(const OnnxTensor& tensor) const override {
    check(tensor.place != OnnxTensor::Place::external, Fault::input_file,
          "{}: the elements of tensor {} stand in another file, and a text has none beside it",
          quote_path(path_), quote_path(tensor.name));
    if (tensor.place == OnnxTensor::Place::raw)
      return bytes_of_text(std::string_view(text_).substr(tensor.offset, tensor.length));
    return bytes_of_text(tensor.bytes ? std::string_view(*tensor.bytes) : std::string_view());
  }

 private:
  std::string text_;
};

}  // namespace

std::shared_ptr<const OnnxFile> open_onnx(const std::string& path, const FileSystem& files) {
  return std::make_shared<const OnnxOnDisk>(path, files, read_model);
}

std::shared_ptr<const OnnxFile> onnx_from_text(std::string_view text, const std::string& what) {
  return std::make_shared<const OnnxInMemory>(text, what);
}

std::shared_ptr<const OnnxFile> open_onnx_tensor(const std::string& path, const FileSystem& files) {
  return std::make_shared<const OnnxOnDisk>(path, files, read_tensor_model);
}

}  // namespace orrery
