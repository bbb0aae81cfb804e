#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "runtime/engine/execution/passes/passes.h"
#include "runtime/engine/execution/passes/slot_use.h"
#include "runtime/graph/block.h"

namespace orrery {
namespace {

// 0.0 and -0.0 are equal, and 1 / 0.0 and 1 / -0.0 are not.
bool is_same_option(const AttributeValue& a, const AttributeValue& b) {
  if (a != b) return false;
  if (const auto* one = std::get_if<double>(&a))
    return std::signbit(*one) == std::signbit(std::get<double>(b));
  if (const auto* list = std::get_if<std::vector<double>>(&a))
    return std::ranges::equal(
        *list, std::get<std::vector<double>>(b), {}, [](double number) { return std::signbit(number); },
        [](double number) { return std::signbit(number); });
  return true;
}

// Of two steps of one operation, layer and inputs.
bool compute_the_same(const Node& a, const Node& b) {
  const auto &of_a = a.attributes().entries(), &of_b = b.attributes().entries();
  return a.outputs() == b.outputs() &&
         std::ranges::equal(of_a, of_b, [](const Attributes::Entry& x, const Attributes::Entry& y) {
           return x.name == y.name && is_same_option(x.value, y.value);
         });
}

// A value that is held for another block would be no longer dropped until it is recomputed.
using SubexpressionKey = std::tuple<const Descriptor*, const Layer*, const Block*, std::vector<int>>;

}  // namespace

std::vector<const Node*> merge_common_subexpressions(Plan& plan, const PassQuestion& question) {
  if (!question.placement.single()) return {};
  const ExposedMemory exposed(plan);
  std::map<SubexpressionKey, std::vector<const Step*>> seen;
  std::map<int, int> renamed;
  std::vector<const Node*> merged;
  std::vector<Step> steps;
  steps.reserve(plan.steps.size());
  for (Step& step : plan.steps) {
    for (int& slot : step.inputs)
      if (const auto found = renamed.find(slot); found != renamed.end()) slot = found->second;
    const Node& node = *step.node;
    if (!is_pure(step) || exposed.has(node)) {
      steps.push_back(std::move(step));
      continue;
    }
    auto& alike = seen[{node.descriptor(), node.layer().get(), recomputed_block(node), step.inputs}];
    const auto same =
        std::ranges::find_if(alike, [&](const Step* other) { return compute_the_same(*other->node, node); });
    if (same == alike.end()) {
      steps.push_back(std::move(step));
      alike.push_back(&steps.back());
      continue;
    }
    for (int output = 0; output < static_cast<int>(node.outputs().size()); ++output)
      renamed[step.outputs + output] = (*same)->outputs + output;
    plan.merged[&node] = (*same)->node;
    merged.push_back(&node);
    if (node.layer()) plan.plain_layers.push_back(node.layer().get());
  }
  plan.steps = std::move(steps);
  return merged;
}

}  // namespace orrery
