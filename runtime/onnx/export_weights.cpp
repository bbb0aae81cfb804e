#include "runtime/onnx/export_weights.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"

namespace orrery {
namespace {

class ElementsOfFile {
 public:
  explicit ElementsOfFile(std::shared_ptr<const WeightsFile> file) : file_(std::move(file)) {
    for (const WeightTensor& tensor : file_->listing().tensors) tensors_[tensor.name] = &tensor;
  }

  Bytes operator()(const OnnxWeight::Rows& rows) const {
    const auto found = tensors_.find(rows.key);
    check(found != tensors_.end(), Fault::input_file, "{} has no tensor {}", quote_path(file_->path()),
          quote_path(rows.key));
    const WeightTensor& tensor = *found->second;
    const Parameter& parameter = *rows.parameter;
    const bool fits =
        tensor.dtype.name == element_type(parameter.dtype).name && shape_of(tensor.shape) == parameter.shape;
    check(fits, Fault::input_file, "{}: tensor {} is {} {}, the graph has {} {}", quote_path(file_->path()),
          quote_path(rows.key), tensor.dtype.name, str(shape_of(tensor.shape)), name(parameter.dtype),
          str(parameter.shape));
    return file_->read(tensor);
  }

 private:
  std::shared_ptr<const WeightsFile> file_;
  std::map<std::string, const WeightTensor*> tensors_;
};

// The rows that are wanted of the first dimension.
Bytes wanted_rows(Bytes all, const OnnxWeight::Rows& rows) {
  if (rows.to == 0) return all;
  const auto count = static_cast<std::size_t>(rows.parameter->shape[0].value());
  const std::size_t row = all.size() / count;
  Bytes part(row * static_cast<std::size_t>(rows.to - rows.from));
  std::memcpy(part.data(), all.data() + row * static_cast<std::size_t>(rows.from), part.size());
  return part;
}

}  // namespace

ParameterElements elements_of_file(std::shared_ptr<const WeightsFile> file) {
  return ElementsOfFile(std::move(file));
}

ParameterElements first_elements() {
  return [](const OnnxWeight::Rows& rows) {
    check(rows.parameter->first != nullptr, Fault::usage, "the values of '{}' stand in no file", rows.key);
    return rows.parameter->first->read();
  };
}

std::function<Bytes(const OnnxTensor&)> elements_of_export(const OnnxExport& exported,
                                                           ParameterElements elements) {
  return [&exported, elements = std::move(elements)](const OnnxTensor& tensor) {
    const OnnxWeight& weight = exported.weights.at(tensor.name);
    if (weight.rows.size() == 1) return wanted_rows(elements(weight.rows[0]), weight.rows[0]);
    std::string together;
    for (const OnnxWeight::Rows& rows : weight.rows) together += wanted_rows(elements(rows), rows).text();
    Bytes bytes(together.size());
    std::memcpy(bytes.data(), together.data(), together.size());
    return bytes;
  };
}

}  // namespace orrery
