// What an optimizer may be asked to update.
#include <algorithm>

#include <fmt/format.h>

#include "runtime/governors/attached.h"
#include "runtime/governors/invariants.h"

namespace orrery::invariants {
namespace {

void each_target(const Graph& graph, const auto& visit) {
  for (const Optimizer* optimizer : attached_to(graph).optimizers)
    for (const ParameterGroup& group : optimizer->groups())
      for (const Target& target : group.targets) visit(*optimizer, target);
}

bool has_parameters(const Node& node) {
  return node.layer() &&
         std::ranges::any_of(node.layer()->parameters(), [](const auto& p) { return !p->buffer; });
}

}  // namespace

std::vector<Finding> optimizer_updates_leaves(const Graph& graph) {
  std::vector<Finding> findings;
  each_target(graph, [&](const Optimizer& optimizer, const Target& target) {
    if (leaf_of(target) || !target.value || &target.value.node->graph() != &graph) return;
    const Node& node = *target.value.node;
    const std::string got = node.input_spec() ? "which is read from the data" : "which is computed";
    findings.push_back({.code = "optimizer-not-leaf",
                        .site = optimizer.origin().site,
                        .path = node.path(),
                        .message = fmt::format("{} cannot update {} ({}), {}", optimizer.kind(), node.path(),
                                               node.operation(), got),
                        .expected = "a parameter",
                        .got = got,
                        .remedy = has_parameters(node)
                                      ? "Give it the layer's parameters instead: layer:parameters()."
                                      : "Make it a parameter of the graph: g:parameter(name, shape)."});
  });
  return findings;
}

std::vector<Finding> optimizer_updates_trainable(const Graph& graph) {
  std::vector<Finding> findings;
  const auto owners = owners_of(graph);
  each_target(graph, [&](const Optimizer& optimizer, const Target& target) {
    const ParameterPtr leaf = leaf_of(target);
    const bool constant = leaf && target.value && !target.value.node->is_parameter();
    if (!leaf || (!constant && !leaf->buffer)) return;
    const auto owner = owners.find(leaf.get());
    const std::string path = owner == owners.end() ? leaf->name : owner->second.key;
    const std::string got = leaf->buffer ? "a buffer" : "a constant";
    findings.push_back(
        {.code = "optimizer-not-trainable",
         .site = optimizer.origin().site,
         .path = path,
         .message = fmt::format("{} cannot update {}, which is {}", optimizer.kind(), path, got),
         .expected = "something trainable",
         .got = got,
         .remedy = leaf->buffer ? "Leave it out: layers update their buffers themselves."
                                : "Make it a parameter of the graph: g:parameter(name, shape)."});
  });
  return findings;
}

}  // namespace orrery::invariants
