#include "runtime/engine/execution/passes/slot_use.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace orrery {
namespace {

bool may_write_to_inputs(const Node& node) {
  const Descriptor* operation = node.descriptor();
  return operation && (operation->own || std::ranges::any_of(operation->aliases, [](const Alias& alias) {
                         return alias.kind == Alias::Kind::overwrite;
                       }));
}

bool has_state_of_its_own(const Layer& layer) {
  return !layer.parametrizations().empty() ||
         std::ranges::any_of(layer.parameters(),
                             [](const ParameterPtr& parameter) { return parameter->buffer; });
}

}  // namespace

bool changes_its_table(const Node& node) {
  return std::ranges::any_of(node.attributes().entries(), [](const Attributes::Entry& entry) {
    return entry.name == "max_norm" && !std::holds_alternative<std::monostate>(entry.value);
  });
}

void renew_releases(std::vector<Step>& steps, const std::vector<int>& kept, const std::vector<int>& given) {
  const std::unordered_set<int> stay(kept.begin(), kept.end());
  std::unordered_map<int, size_t> last;
  for (const int slot : given) last[slot] = 0;
  for (size_t i = 0; i < steps.size(); ++i) {
    for (size_t output = 0; output < steps[i].node->outputs().size(); ++output)
      last[steps[i].outputs + static_cast<int>(output)] = i;
    for (const int slot : steps[i].inputs)
      if (slot >= 0) last[slot] = i;
    steps[i].release.clear();
  }
  for (const auto& [slot, at] : last)
    if (!stay.contains(slot) && !steps.empty()) steps[at].release.push_back(slot);
  for (Step& step : steps) std::ranges::sort(step.release);
}

ExposedMemory::ExposedMemory(const Plan& plan) : roots_(find_storage_roots(plan.nodes)) {
  const std::unordered_set<int> targets(plan.targets.begin(), plan.targets.end());
  for (const Step& step : plan.steps) {
    for (int output = 0; output < static_cast<int>(step.node->outputs().size()); ++output)
      if (targets.contains(step.outputs + output)) exposed_.insert(roots_.at(output_of(*step.node, output)));
    if (!may_write_to_inputs(*step.node)) continue;
    for (const Value& input : step.node->inputs())
      if (input) exposed_.insert(roots_.at(input));
  }
}

bool ExposedMemory::has(const Node& node) const {
  for (int output = 0; output < static_cast<int>(node.outputs().size()); ++output)
    if (exposed_.contains(roots_.at(output_of(node, output)))) return true;
  return false;
}

bool is_pure(const Step& step) {
  const Node& node = *step.node;
  const Descriptor* operation = node.descriptor();
  if (!step.kernel || !operation || operation->draws || operation->own || may_write_to_inputs(node))
    return false;
  if (!node.data_symbols().empty() || changes_its_table(node)) return false;
  return !node.layer() || !has_state_of_its_own(*node.layer());
}

}  // namespace orrery
