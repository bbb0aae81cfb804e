#include "runtime/onnx/export_table.h"

#include "runtime/core/error.h"

namespace orrery {

void OnnxExportTable::add(const std::vector<std::string>& names, Rule rule) {
  for (const std::string& name : names)
    invariant(!has(name) && rules_.emplace(name, rule).second, "two rules write one operation");
}

void OnnxExportTable::add_alike(const std::vector<std::pair<std::string, std::string>>& names) {
  for (const auto& [name, operation] : names)
    invariant(!has(name) && alike_.emplace(name, operation).second, "two rules write one operation");
}

void OnnxExportTable::write(const std::string& name, OnnxExportCall& call) const {
  const auto rule = rules_.find(name);
  if (rule != rules_.end()) return rule->second(call);
  call.give(call.add(alike_.at(name), {call.input(0, call.result().dtype)}));
}

const OnnxExportTable& onnx_export_table() {
  static const OnnxExportTable table = [] {
    OnnxExportTable made;
    for (const auto add :
         {add_exported_activations, add_exported_arithmetic, add_exported_attention, add_exported_comparisons,
          add_exported_convolutions, add_exported_creation, add_exported_elementwise, add_exported_indexing,
          add_exported_losses, add_exported_matrices, add_exported_normalization, add_exported_pooling,
          add_exported_recurrent, add_exported_reductions, add_exported_shapes, add_exported_vision})
      add(made);
    return made;
  }();
  return table;
}

}  // namespace orrery
