#pragma once

#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/formats/onnx_file.h"
#include "runtime/onnx/import.h"
#include "runtime/ops/operations.h"

namespace orrery::testing {

/// A model of ONNX in memory, made line by line:
///
///     OnnxBuilder model(13);
///     model.input("x", {"N", "3"}).node("Relu", {"x"}, {"y"}).output("y");
///     auto graph = model.import();
class OnnxBuilder {
 public:
  explicit OnnxBuilder(std::int64_t opset = 17) { file_->model.opsets[""] = opset; }

  /// A field; numbers as texts are sizes, other texts names.
  OnnxBuilder& input(const std::string& name, const std::vector<std::string>& sizes,
                     OnnxDType dtype = OnnxDType::float32);
  OnnxBuilder& output(const std::string& name);
  OnnxBuilder& floats(const std::string& name, const std::vector<std::int64_t>& shape,
                      const std::vector<float>& elements);
  OnnxBuilder& integers(const std::string& name, const std::vector<std::int64_t>& shape,
                        const std::vector<std::int64_t>& elements);
  /// A tensor of so many equal numbers.
  OnnxBuilder& weight(const std::string& name, const std::vector<std::int64_t>& shape, float value = 0.5F);
  OnnxBuilder& node(const std::string& operation, std::vector<std::string> inputs,
                    std::vector<std::string> outputs, std::vector<OnnxAttribute> attributes = {},
                    const std::string& name = {});

  OnnxModel& model() { return file_->model; }
  std::shared_ptr<const OnnxFile> file() const { return file_; }
  /// Imports it; the runtime lives as long as the builder.
  std::unique_ptr<Graph> import(const OnnxImportOptions& options = {}) {
    return import_onnx(file_, operations(), runtime_, options);
  }
  Runtime& runtime() { return runtime_; }

 private:
  struct Memory : OnnxFile {
    Memory() : model(model_) { path_ = "test.onnx"; }
    Bytes elements(const OnnxTensor& tensor) const override {
      Bytes bytes(tensor.bytes ? tensor.bytes->size() : 0);
      if (!bytes.empty()) std::memcpy(bytes.data(), tensor.bytes->data(), bytes.size());
      return bytes;
    }
    OnnxModel& model;
  };
  OnnxTensor tensor(const std::string& name, OnnxDType dtype, const std::vector<std::int64_t>& shape,
                    const void* data, std::size_t size);

  std::shared_ptr<Memory> file_ = std::make_shared<Memory>();
  Runtime runtime_;
};

OnnxAttribute attribute(const std::string& name, std::int64_t value);
OnnxAttribute attribute(const std::string& name, double value);
OnnxAttribute attribute(const std::string& name, const char* value);
OnnxAttribute attribute(const std::string& name, std::vector<std::int64_t> values);
OnnxAttribute attribute(const std::string& name, std::vector<double> values);

/// The graph's nodes in words, one a line: `relu(x) (N, 3)`, constants left out.
std::string described(const Graph& graph);

}  // namespace orrery::testing
