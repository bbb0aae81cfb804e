#include "runtime/engine/execution/plan.h"

#include <map>

#include "runtime/engine/execution/aliasing.h"
#include "runtime/engine/execution/frozen.h"
#include "runtime/engine/execution/lifetimes.h"
#include "runtime/engine/execution/order.h"

namespace orrery {
namespace {

// The slot of each node's first output.
std::map<const Node*, int> number_slots(const std::vector<const Node*>& order, int& count) {
  std::map<const Node*, int> first;
  for (const Node* node : order) {
    first[node] = count;
    count += static_cast<int>(node->outputs().size());
  }
  return first;
}

std::vector<bool> needed_fields(const std::vector<const Node*>& order, const std::vector<Value>& targets) {
  std::vector<bool> needed;
  const auto mark = [&](const Value& value) {
    if (!value || !value.node->input_spec()) return;
    needed.resize(value.node->outputs().size(), false);
    needed[static_cast<size_t>(value.output)] = true;
  };
  for (const Value& target : targets) mark(target);
  for (const Node* node : order) {
    for (const Value& input : node->inputs()) mark(input);
  }
  return needed;
}

}  // namespace

Plan make_plan(const std::vector<Value>& targets, bool gradients) {
  const std::vector<const Node*> order = order_nodes(targets);
  const std::vector<bool> recorded =
      gradients ? find_recorded(order) : std::vector<bool>(order.size(), false);
  const std::vector<std::vector<Value>> releases = find_releases(order, targets);

  Plan plan;
  const std::map<const Node*, int> first = number_slots(order, plan.slots);
  const auto slot = [&](const Value& value) { return value ? first.at(value.node) + value.output : -1; };
  for (size_t i = 0; i < order.size(); ++i) {
    Step step{.node = order[i], .outputs = first.at(order[i]), .records = recorded[i]};
    if (order[i]->descriptor()) step.kernel = kernel_of(*order[i]->descriptor());
    for (const Value& input : order[i]->inputs()) step.inputs.push_back(slot(input));
    for (const Value& value : releases[i]) step.release.push_back(slot(value));
    plan.steps.push_back(std::move(step));
  }
  for (const Value& target : targets) plan.targets.push_back(slot(target));
  plan.fields = needed_fields(order, targets);
  return plan;
}

}  // namespace orrery
