#include "runtime/governors/reach.h"

namespace orrery {

std::unordered_set<const Parameter*> reaching(Value loss) {
  std::unordered_set<const Parameter*> reached;
  std::unordered_set<const Node*> seen;
  std::vector<const Node*> open;
  const auto visit = [&](const Value& value) {
    if (!value || !value.requires_grad()) return;
    if (value.leaf()) reached.insert(value.leaf().get());
    if (seen.insert(value.node).second) open.push_back(value.node);
  };
  visit(loss);
  while (!open.empty()) {
    const Node* node = open.back();
    open.pop_back();
    if (node->layer())
      for (const ParameterPtr& parameter : node->layer()->parameters())
        if (parameter->trainable) reached.insert(parameter.get());
    for (const Value& value : node->inputs()) visit(value);
  }
  return reached;
}

}  // namespace orrery
