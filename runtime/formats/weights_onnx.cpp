#include <set>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/onnx_dtype.h"
#include "runtime/formats/onnx_file.h"
#include "runtime/formats/onnx_tensor.h"
#include "runtime/formats/weights_sources.h"

namespace orrery {
namespace {

class OnnxWeights : public WeightsFile {
 public:
  OnnxWeights(const std::string& path, const FileSystem& files) : file_(open_onnx(path, files)) {
    path_ = path;
    listing_.kind = "ONNX";
    add_metadata();
    const auto& tensors = file_->model().graph.initializers;
    for (std::size_t i = 0; i < tensors.size(); ++i) add_initializer(tensors[i], i);
    for (const std::string& name : file_->model().graph.sparse_initializers)
      listing_.refused.emplace(name, "a sparse tensor");
  }

 private:
  void add_metadata() {
    const OnnxModel& model = file_->model();
    listing_.metadata = model.metadata;
    if (!model.producer.empty())
      listing_.metadata.try_emplace("producer", model.producer + " " + model.producer_version);
    for (const auto& [domain, version] : model.opsets)
      listing_.metadata.try_emplace(domain.empty() ? "opset" : "opset " + domain, std::to_string(version));
  }

  void add_initializer(const OnnxTensor& tensor, std::size_t place) {
    const std::optional<SafetensorsDType> dtype = weights_dtype(tensor.dtype);
    const auto bytes = onnx_tensor_bytes(tensor.dtype, tensor.shape);
    if (!dtype || !bytes) {
      listing_.refused.emplace(tensor.name,
                               fmt::format("a tensor of {} elements", onnx_dtype_name(tensor.dtype)));
      return;
    }
    const bool fresh = names_.insert(tensor.name).second;
    check(fresh, Fault::input_file, "{} has two tensors called {}", quote_path(path_),
          quote_path(tensor.name));
    add({.name = tensor.name, .dtype = *dtype, .shape = tensor.shape, .bytes = *bytes}, place);
  }

  void read_at(std::size_t place, std::span<std::byte> into) const override {
    copy_elements(file_->elements(file_->model().graph.initializers[place]), into);
  }

  std::shared_ptr<const OnnxFile> file_;
  std::set<std::string> names_;
};

}  // namespace

std::unique_ptr<WeightsFile> open_onnx_weights(const std::string& path, const FileSystem& files) {
  return std::make_unique<OnnxWeights>(path, files);
}

}  // namespace orrery
