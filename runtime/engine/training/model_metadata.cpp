#include "runtime/engine/training/model_metadata.h"

#include <nlohmann/json.hpp>

#include "runtime/graph/json.h"
#include "runtime/graph/results.h"

namespace orrery {
namespace {

using nlohmann::json;

json described(const std::string& name, const TensorType& type) {
  json shape = json::array();
  for (const Dim& dim : type.shape) shape.push_back(dim.known() ? json(dim.value()) : json(dim.str()));
  return {{"name", name}, {"shape", std::move(shape)}, {"dtype", std::string(orrery::name(type.dtype))}};
}

json described_outputs(const Graph& graph) {
  json outputs = json::array();
  for (const Result& result : results_of(graph))
    outputs.push_back(described(result.name, result.value.type()));
  return outputs;
}

}  // namespace

std::string signature_to_json(const Graph& graph) {
  json inputs = json::array(), classes = json::array();
  std::string source;
  if (const Node* node = graph.input_node()) {
    for (const Field& field : node->input_spec()->fields) {
      if (!field.label) inputs.push_back(described(field.name, field.type));
    }
    classes = node->input_spec()->classes;
    source = node->input_spec()->source;
  }
  return json{{"version", kSignatureVersion},
              {"inputs", std::move(inputs)},
              {"outputs", described_outputs(graph)},
              {"classes", std::move(classes)},
              {"source", std::move(source)}}
      .dump();
}

std::map<std::string, std::string> model_metadata(const Graph& graph, const Aliases& aliases) {
  std::map<std::string, std::string> metadata = {
      {"format", "pt"}, {kGraphKey, to_json(graph)}, {kSignatureKey, signature_to_json(graph)}};
  if (!aliases.empty()) metadata[kAliasesKey] = aliases_to_json(aliases);
  return metadata;
}

}  // namespace orrery
