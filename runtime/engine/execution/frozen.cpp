#include "runtime/engine/execution/frozen.h"

#include <algorithm>
#include <unordered_set>

namespace orrery {
namespace {

bool owns_trainable(const Node& node) {
  if (node.constant()) return node.constant()->trainable;
  if (!node.layer()) return false;
  return std::ranges::any_of(node.layer()->parameters(), [](const ParameterPtr& parameter) {
    return parameter->trainable && !parameter->buffer;
  });
}

}  // namespace

std::vector<bool> find_recorded(const std::vector<const Node*>& order) {
  std::unordered_set<const Node*> recorded;
  std::vector<bool> result;
  for (const Node* node : order) {
    const bool reads_recorded = std::ranges::any_of(
        node->inputs(), [&](const Value& value) { return value && recorded.contains(value.node); });
    const bool differentiable = !node->descriptor() || node->descriptor()->differentiable;
    const bool records = differentiable && (owns_trainable(*node) || reads_recorded);
    if (records) recorded.insert(node);
    result.push_back(records);
  }
  return result;
}

}  // namespace orrery
