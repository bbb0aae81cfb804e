#include "runtime/codegen/judging.h"

#include <algorithm>

namespace orrery {

std::set<const Node*> judging_nodes(const Graph& graph) {
  std::set<const Node*> nodes;
  for (const auto& node : graph.nodes()) {
    const bool judges = std::ranges::any_of(node->inputs(), [&](const Value& input) {
      if (!input) return false;
      const InputSpec* spec = input.node->input_spec();
      return nodes.contains(input.node) ||
             (spec && spec->fields[static_cast<std::size_t>(input.output)].label);
    });
    if (judges) nodes.insert(node.get());
  }
  return nodes;
}

}  // namespace orrery
