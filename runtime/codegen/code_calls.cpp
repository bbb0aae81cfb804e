#include "runtime/codegen/code_calls.h"

#include <algorithm>

namespace orrery {

const std::string& operation_to_write(const Node& node) {
  const Descriptor& operation = *node.descriptor();
  return operation.transform.empty() ? operation.name : operation.transform;
}

std::vector<Value> graph_values(const Graph& graph) {
  std::vector<Value> values;
  for (const auto& node : graph.nodes())
    for (int i = 0; i < static_cast<int>(node->outputs().size()); ++i) values.push_back({node.get(), i});
  return values;
}

bool gives_list(const Node& node) {
  const Descriptor& operation = *node.descriptor();
  if (!operation.outputs_vary || operation.outputs.size() > 1) return false;
  const auto& options = node.attributes().entries();
  return std::ranges::find(options, "as_tuple", &Attributes::Entry::name) == options.end() ||
         node.attributes().boolean("as_tuple");
}

}  // namespace orrery
