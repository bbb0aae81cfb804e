#include "runtime/engine/execution/frozen.h"

#include <algorithm>
#include <unordered_set>

#include "runtime/graph/loops.h"

namespace orrery {

bool owns_trainable(const Node& node) {
  if (node.constant()) return node.constant()->trainable;
  if (node.input_spec()) return !node.trained_fields().empty();
  if (!node.layer()) return false;
  return std::ranges::any_of(node.layer()->parameters(), [](const ParameterPtr& parameter) {
    return parameter->trainable && !parameter->buffer;
  });
}

std::vector<bool> find_recorded(const std::vector<const Node*>& order) {
  std::unordered_set<const Node*> recorded;
  const auto is_recorded = [&](const Value& value) {
    return value && recorded.contains(value.node) && (!value.node->input_spec() || value.leaf());
  };
  size_t known = 0;
  // What a step of a loop hands to the next is recorded in the next, too.
  do {
    known = recorded.size();
    for (const Node* node : order) {
      const bool differentiable = !node->descriptor() || node->descriptor()->differentiable;
      if (differentiable && (owns_trainable(*node) || std::ranges::any_of(node->inputs(), is_recorded)))
        recorded.insert(node);
      const Node* begin = loop_begin(*node);
      if (begin && std::ranges::any_of(Loop{begin, node}.next(), is_recorded)) recorded.insert(begin);
    }
  } while (recorded.size() != known);
  std::vector<bool> result;
  for (const Node* node : order) result.push_back(recorded.contains(node));
  return result;
}

}  // namespace orrery
