#include "runtime/engine/training/model_metadata.h"

#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>

#include "runtime/graph/json.h"

namespace orrery {
namespace {

using nlohmann::json;

json described(const std::string& name, const TensorType& type) {
  json shape = json::array();
  for (const Dim& dim : type.shape) shape.push_back(dim.known() ? json(dim.value()) : json(dim.str()));
  return {{"name", name}, {"shape", std::move(shape)}, {"dtype", std::string(orrery::name(type.dtype))}};
}

bool used_as(const Graph& graph, Value value, Use::Kind kind) {
  return std::any_of(graph.uses().begin(), graph.uses().end(),
                     [&](const Use& use) { return use.kind == kind && use.value == value; });
}

json marked_outputs(const Graph& graph) {
  json outputs = json::array();
  for (const Use& use : graph.uses()) {
    if (use.kind != Use::Kind::output) continue;
    outputs.push_back(described(use.name.empty() ? use.value.node->name() : use.name, use.value.type()));
  }
  return outputs;
}

bool leads_only_to_losses(const Graph& graph, Value value) {
  const auto readers = graph.readers(value);
  return std::all_of(readers.begin(), readers.end(), [&](const Graph::Reader& reader) {
    return reader.node->descriptor() && reader.node->descriptor()->category == Category::loss;
  });
}

// A training graph rarely marks its results: they are what only losses read.
json evident_outputs(const Graph& graph) {
  json outputs = json::array();
  for (const auto& node : graph.nodes()) {
    const bool computes = node->kind() == Node::Kind::layer || node->kind() == Node::Kind::transform;
    if (!computes || node->descriptor()->category == Category::loss) continue;
    for (size_t i = 0; i < node->outputs().size(); ++i) {
      const Value value{node.get(), static_cast<int>(i)};
      if (!used_as(graph, value, Use::Kind::loss) && leads_only_to_losses(graph, value)) {
        outputs.push_back(described(node->name(), value.type()));
      }
    }
  }
  return outputs;
}

}  // namespace

std::string aliases_to_json(const Aliases& aliases) { return json(aliases).dump(); }

Aliases aliases_from_json(const std::string& text, const std::string& what) {
  const json parsed = json::parse(text, nullptr, false);
  check(parsed.is_object(), Fault::input_file, "{}: '{}' in its metadata is not a JSON object", what,
        kAliasesKey);
  Aliases aliases;
  for (const auto& [alias, key] : parsed.items()) {
    check(key.is_string(), Fault::input_file, "{}: '{}' in its metadata names no key for '{}'", what,
          kAliasesKey, alias);
    aliases[alias] = key.get<std::string>();
  }
  return aliases;
}

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
  json outputs = marked_outputs(graph);
  if (outputs.empty()) outputs = evident_outputs(graph);
  return json{{"inputs", std::move(inputs)},
              {"outputs", std::move(outputs)},
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
