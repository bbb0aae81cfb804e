#include "runtime/onnx/operators.h"

#include "runtime/core/error.h"

namespace orrery {

void OnnxOperators::add(const std::string& name, Importer importer) {
  invariant(importers_.emplace(name, std::move(importer)).second, "an ONNX operator is added twice");
}

void OnnxOperators::add_alike(const std::vector<std::pair<std::string, std::string>>& names) {
  for (const auto& [name, operation] : names)
    add(name, [operation](OnnxCall& call) { call.give(call.apply(operation, call.values())); });
}

const OnnxOperators::Importer* OnnxOperators::find(const std::string& name) const {
  const auto found = importers_.find(name);
  return found == importers_.end() ? nullptr : &found->second;
}

std::vector<std::string> OnnxOperators::names() const {
  std::vector<std::string> names;
  for (const auto& [name, importer] : importers_) names.push_back(name);
  return names;
}

const OnnxOperators& onnx_operators() {
  static const OnnxOperators kOperators = [] {
    OnnxOperators table;
    for (const auto add :
         {add_onnx_arithmetic, add_onnx_activations, add_onnx_comparisons, add_onnx_reductions,
          add_onnx_matrices, add_onnx_normalization, add_onnx_losses, add_onnx_shapes, add_onnx_indexing,
          add_onnx_convolutions, add_onnx_vision, add_onnx_recurrent, add_onnx_quantised, add_onnx_creation,
          add_onnx_signals, add_onnx_ngrams})
      add(table);
    return table;
  }();
  return kOperators;
}

}  // namespace orrery
