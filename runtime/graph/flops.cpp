#include "runtime/graph/flops.h"

#include <vector>

namespace orrery {

double flops_of(const Node& node, const std::map<std::string, std::int64_t>& symbols) {
  if (!node.descriptor() || !node.descriptor()->flops) return 0;
  std::vector<const TensorType*> inputs;
  for (const Value& input : node.inputs()) inputs.push_back(input ? &input.type() : nullptr);
  const Dim flops = node.descriptor()->flops({inputs, node.outputs(), node.attributes()});
  return static_cast<double>(flops.evaluate(symbols).value_or(0));
}

}  // namespace orrery
