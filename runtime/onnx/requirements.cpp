#include "runtime/onnx/requirements.h"

#include <algorithm>
#include <map>

#include <fmt/ranges.h>

#include "runtime/core/error.h"
#include "runtime/onnx/importer.h"
#include "runtime/onnx/operators.h"

namespace orrery {
namespace {

bool imported(const OnnxModel& model, const OnnxNode& node) {
  const bool function = std::ranges::any_of(model.functions, [&](const OnnxFunction& one) {
    return one.name == node.operation && one.domain == node.domain;
  });
  if (function) return true;
  return node.domain.empty() && (onnx_operators().find(node.operation) ||
                                 std::ranges::count(own_onnx_operators(), node.operation) > 0);
}

using Missing = std::map<std::string, std::string>;  // operator → a node of it

void collect(const OnnxModel& model, const std::vector<OnnxNode>& nodes, Missing& missing) {
  for (const OnnxNode& node : nodes) {
    const std::string operation = node.domain.empty() ? node.operation : node.domain + "." + node.operation;
    if (!imported(model, node))
      missing.emplace(operation,
                      node.name.empty() && !node.outputs.empty() ? node.outputs.front() : node.name);
    for (const OnnxAttribute& attribute : node.attributes)
      for (const auto& graph : attribute.graphs) collect(model, graph->nodes, missing);
  }
}

}  // namespace

void require_onnx_operators(const OnnxModel& model, const std::string& what) {
  Missing missing;
  collect(model, model.graph.nodes, missing);
  for (const OnnxFunction& function : model.functions) collect(model, function.nodes, missing);
  if (missing.empty()) return;
  std::vector<std::string> words;
  for (const auto& [operation, node] : missing)
    words.push_back(fmt::format("{} (node '{}')", operation, node));
  fail(Fault::input_file, "{}: {} not imported: {}", what,
       missing.size() == 1 ? "an operator is" : fmt::format("{} operators are", missing.size()),
       fmt::join(words, ", "));
}

OnnxGraph body_of(const OnnxFunction& function, const OnnxNode& call) {
  OnnxGraph body;
  body.name = function.name;
  for (const std::string& name : function.inputs) body.inputs.push_back({name, {}});
  for (const std::string& name : function.outputs) body.outputs.push_back({name, {}});
  for (OnnxNode node : function.nodes) {
    std::vector<OnnxAttribute> attributes;
    for (OnnxAttribute& attribute : node.attributes) {
      if (attribute.reference.empty()) {
        attributes.push_back(std::move(attribute));
        continue;
      }
      const auto named = [&](const OnnxAttribute& one) { return one.name == attribute.reference; };
      auto given = std::ranges::find_if(call.attributes, named);
      if (given == call.attributes.end()) {
        given = std::ranges::find_if(function.default_attributes, named);
        if (given == function.default_attributes.end()) continue;  // the inner operator's default holds
      }
      attributes.push_back(*given);
      attributes.back().name = attribute.name;
    }
    node.attributes = std::move(attributes);
    body.nodes.push_back(std::move(node));
  }
  return body;
}

}  // namespace orrery
