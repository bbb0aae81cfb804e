#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/onnx/export.h"
#include "runtime/onnx/export_call.h"

namespace orrery {

/// A model while it is made of a graph: nodes so far, names of values, constants that are there already.
class OnnxExporter {
 public:
  OnnxExporter(const Graph& graph, const OnnxExportOptions& options);

  OnnxExport write();

  std::int64_t opset() const { return options_.opset; }
  std::string name_of(const Value& value) const;
  /// `from` is the node of the graph that it is part of; it names the new one.
  OnnxNames add(const Node* from, const std::string& operation, OnnxNames inputs, OnnxGiven given,
                int outputs);
  void give(const Node& node, int output, std::string name);
  std::string initializer(const ParameterPtr& parameter);
  std::string initializer(std::string name, DType dtype, std::vector<std::int64_t> shape, OnnxWeight weight);
  const std::string& key_of(const ParameterPtr& parameter) const;
  std::string constant(DType dtype, std::vector<std::int64_t> shape, Bytes elements);
  /// A size as a list of one; nothing where no value that is there tells it.
  std::optional<std::string> size(const Node& from, const Dim& size);

 private:
  void choose_results();
  void choose_nodes();
  void write_inputs();
  void write_node(const Node& node);
  void name_outputs();
  void sort_initializers();
  void check_all_said() const;
  std::optional<std::string> told_size(const Node& from, const Dim& size);

  const Graph& graph_;
  OnnxExportOptions options_;
  OnnxExport made_;
  std::vector<std::pair<std::string, Value>> results_;  // with the name that each shall have
  std::set<const Node*> chosen_;
  std::map<const Parameter*, std::string> keys_;
  std::map<std::pair<int, int>, std::string> names_;  // of values, by node and output
  std::vector<Value> known_;
  std::map<std::string, int> taken_;
  std::map<std::string, std::string> constants_, sizes_;
  std::vector<std::string> faults_;
};

}  // namespace orrery
