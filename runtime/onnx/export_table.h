#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runtime/onnx/export_call.h"

namespace orrery {

/// What writes each operation of Orrery in ONNX's operators, by its name.
class OnnxExportTable {
 public:
  using Rule = void (*)(OnnxExportCall&);

  /// REQUIRES: no other has one of the names.
  void add(const std::vector<std::string>& names, Rule rule);
  /// Operations of one input that are one operator without attributes, in the result's dtype.
  void add_alike(const std::vector<std::pair<std::string, std::string>>& names);
  /// False where there is none.
  bool has(const std::string& name) const { return rules_.contains(name) || alike_.contains(name); }
  /// REQUIRES: has(name)
  void write(const std::string& name, OnnxExportCall& call) const;

 private:
  std::map<std::string, Rule> rules_;
  std::map<std::string, std::string> alike_;
};

/// All that is written; made once.
const OnnxExportTable& onnx_export_table();

// The families, a file each.
void add_exported_activations(OnnxExportTable& table);
void add_exported_arithmetic(OnnxExportTable& table);
void add_exported_attention(OnnxExportTable& table);
void add_exported_comparisons(OnnxExportTable& table);
void add_exported_convolutions(OnnxExportTable& table);
void add_exported_creation(OnnxExportTable& table);
void add_exported_elementwise(OnnxExportTable& table);
void add_exported_indexing(OnnxExportTable& table);
void add_exported_losses(OnnxExportTable& table);
void add_exported_matrices(OnnxExportTable& table);
void add_exported_normalization(OnnxExportTable& table);
void add_exported_pooling(OnnxExportTable& table);
void add_exported_recurrent(OnnxExportTable& table);
void add_exported_reductions(OnnxExportTable& table);
void add_exported_shapes(OnnxExportTable& table);
void add_exported_vision(OnnxExportTable& table);

}  // namespace orrery
