// What is computed in the steps of a loop.
#include "runtime/graph/loops.h"

#include <algorithm>

#include "runtime/graph/invariants.h"

namespace orrery::invariants {
namespace {

std::vector<Value> wanted_values(const Graph& graph) {
  std::vector<Value> wanted;
  for (const Use& use : graph.uses()) wanted.push_back(use.value);
  for (const auto& node : graph.nodes())
    if (node->state() && node->state()->next) wanted.push_back(node->state()->next);
  return wanted;
}

std::vector<const Node*> needed_nodes(const Graph& graph, const std::vector<Value>& wanted) {
  std::vector<bool> needed(graph.nodes().size());
  for (const Value& value : wanted) needed[static_cast<size_t>(value.node->id())] = true;
  std::vector<const Node*> found;
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) {
    if (!needed[static_cast<size_t>((*node)->id())]) continue;
    found.push_back(node->get());
    for (const Value& value : (*node)->inputs())
      if (value) needed[static_cast<size_t>(value.node->id())] = true;
  }
  std::ranges::reverse(found);
  return found;
}

}  // namespace

std::vector<Finding> loops_keep_their_values(const Graph& graph) {
  const Loops loops(graph);
  if (loops.all().empty()) return {};
  const std::vector<Value> wanted = wanted_values(graph);
  return find_escapes(loops, needed_nodes(graph, wanted), wanted);
}

}  // namespace orrery::invariants
