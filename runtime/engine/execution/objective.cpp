#include "runtime/engine/execution/objective.h"

#include <algorithm>
#include <unordered_set>

#include "runtime/core/error.h"
#include "runtime/graph/loops.h"

namespace orrery {
namespace {

using NodeSet = std::unordered_set<const Node*>;

bool owns_one_of(const Node& node, const std::unordered_set<const Parameter*>& parameters) {
  if (node.constant()) return parameters.contains(node.constant().get());
  return node.layer() && std::ranges::any_of(node.layer()->parameters(), [&](const ParameterPtr& parameter) {
           return parameters.contains(parameter.get());
         });
}

bool carries_gradient(const Value& value) {
  return value && (is_floating(value.dtype()) || is_complex(value.dtype()));
}

NodeSet dependents(const std::vector<const Node*>& order, const Objective& objective) {
  std::unordered_set<const Parameter*> parameters;
  for (const ParameterPtr& parameter : objective.parameters)
    if (parameter->trainable && !parameter->buffer) parameters.insert(parameter.get());
  NodeSet found;
  const auto depends = [&](const Value& value) {
    return carries_gradient(value) && found.contains(value.node);
  };
  size_t known = 0;
  // What a step of a loop hands to the next depends on them in the next, too.
  do {
    known = found.size();
    for (const Node* node : order) {
      const bool differentiable = !node->descriptor() || node->descriptor()->differentiable;
      const bool reads = std::ranges::any_of(node->inputs(), depends);
      if (differentiable && (reads || owns_one_of(*node, parameters))) found.insert(node);
      const Node* begin = loop_begin(*node);
      if (begin && std::ranges::any_of(Loop{begin, node, {}}.next(), depends)) found.insert(begin);
    }
  } while (found.size() != known);
  return found;
}

}  // namespace

std::vector<bool> find_differentiated(const std::vector<const Node*>& order, const Objective& objective) {
  const NodeSet dependent = dependents(order, objective);
  NodeSet reached = {objective.loss.node};
  std::vector<bool> found(order.size());
  for (size_t i = order.size(); i-- > 0;) {
    const Node* node = order[i];
    if (!reached.contains(node) || !dependent.contains(node)) continue;
    found[i] = true;
    for (const Value& input : node->inputs())
      if (carries_gradient(input)) reached.insert(input.node);
  }
  check(std::ranges::find(found, true) != found.end(), Fault::run,
        "the loss does not depend on anything that is trained");
  return found;
}

}  // namespace orrery
