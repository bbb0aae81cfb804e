// Blocks that hold nothing, or that their own values leave and come back to.
#include <algorithm>

#include <fmt/format.h>

#include "runtime/graph/invariants.h"
#include "runtime/graph/invariants/reading.h"

namespace orrery::invariants {
namespace {

void each_block(const Block& block, const auto& action) {
  for (const auto& child : block.children()) {
    action(*child);
    each_block(*child, action);
  }
}

Finding about(const Block& block, std::string code, std::string message, std::string remedy) {
  return {.code = std::move(code),
          .severity = Severity::warning,
          .site = block.origin().site,
          .path = block.path(),
          .message = std::move(message),
          .remedy = std::move(remedy)};
}

// g:group may name such layers alone, to know what they cost: what lies between is left out on purpose.
bool only_layers_with_parameters(const std::vector<Node*>& nodes) {
  return std::ranges::all_of(
      nodes, [](const Node* node) { return node->layer() && !node->layer()->parameters().empty(); });
}

// A node outside of the block that reads from it and is read by it again, perhaps by others between. Nodes
// are made before they are read, so only those made between the block's first and last can be.
const Node* detour(const Graph& graph, const Block& block, const std::vector<Node*>& inside) {
  const int first = inside.front()->id(), last = inside.back()->id();
  if (last - first + 1 == static_cast<int>(inside.size())) return nullptr;
  std::unordered_map<const Node*, const Node*>
      left;  // outside nodes that depend on the block → the first of them
  for (int id = first; id <= last; ++id) {
    const Node& node = *graph.nodes()[static_cast<size_t>(id)];
    const bool within = block.contains(node.block());
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      const Node* made = maker(node, i);
      if (!made) continue;
      const auto known = left.find(made);
      if (within && known != left.end()) return known->second;
      if (within) continue;
      if (known != left.end()) {
        left.emplace(&node, known->second);
      } else if (block.contains(made->block())) {
        left.emplace(&node, &node);
      }
    }
  }
  return nullptr;
}

}  // namespace

std::vector<Finding> blocks_hold_nodes(const Graph& graph) {
  std::vector<Finding> findings;
  each_block(graph.root(), [&](const Block& block) {
    if (!block.nodes().empty() || !block.children().empty()) return;
    findings.push_back(about(block, "block-empty", fmt::format("block {} holds no node", block.path()),
                             "Its function applies no layer and calls no method of a value: take it out."));
  });
  return findings;
}

std::vector<Finding> blocks_are_closed(const Graph& graph) {
  std::vector<Finding> findings;
  each_block(graph.root(), [&](const Block& block) {
    const std::vector<Node*> inside = block.all_nodes();
    if (inside.empty() || only_layers_with_parameters(inside)) return;
    const Node* outside = detour(graph, block, inside);
    if (!outside) return;
    findings.push_back(about(block, "block-left-and-entered",
                             fmt::format("values of block {} leave it, pass {} and come back into it",
                                         block.path(), named(*outside)),
                             fmt::format("Take {} into the block, or make two blocks.", outside->path())));
  });
  return findings;
}

}  // namespace orrery::invariants
