#include <unordered_set>

#include <fmt/format.h>

#include "runtime/graph/invariants.h"

namespace orrery::invariants {

namespace {

std::string remedy_for(const Node& node) {
  const bool loss = node.descriptor() && node.descriptor()->category == Category::loss;
  return loss ? "Give it to the optimizer, { loss = … }, mark it with g:output(value), or take the line out."
              : "Use its value, mark it with g:output(value), or take the line out.";
}

// The tensors that layers compute with: a module's own buffer that one of them shares is read by it.
std::unordered_set<const Parameter*> tensors_of_layers(const Graph& graph) {
  std::unordered_set<const Parameter*> tensors;
  for (const LayerPtr& layer : graph.layers())
    for (const ParameterPtr& parameter : layer->parameters()) tensors.insert(parameter.get());
  return tensors;
}

}  // namespace

std::vector<Finding> no_dangling_node(const Graph& graph) {
  if (graph.uses().empty()) return {};
  std::unordered_set<const Node*> read;
  for (const auto& node : graph.nodes()) {
    for (const Value& value : node->inputs()) read.insert(value.node);
    if (node->state()) read.insert(node->state()->next.node);
  }
  for (const Use& use : graph.uses()) read.insert(use.value.node);
  const std::unordered_set<const Parameter*> of_layers = tensors_of_layers(graph);
  std::vector<Finding> findings;
  for (const auto& node : graph.nodes()) {
    if (read.contains(node.get()) || node->input_spec() || of_layers.contains(node->constant().get()))
      continue;
    findings.push_back({.code = "dangling-node",
                        .site = node->origin().site,
                        .path = node->path(),
                        .message = fmt::format("nothing reads {} ({})", node->path(), node->operation()),
                        .expected = "a reader",
                        .got = "none",
                        .remedy = remedy_for(*node)});
  }
  return findings;
}

}  // namespace orrery::invariants
