#include "runtime/engine/execution/plan.h"

#include <algorithm>
#include <map>
#include <set>

#include "runtime/engine/execution/frozen.h"
#include "runtime/engine/execution/lifetimes.h"
#include "runtime/engine/execution/order.h"
#include "runtime/engine/execution/recomputed.h"
#include "runtime/engine/kernels/lowering.h"
#include "runtime/graph/aliasing.h"

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

// Puts each node's step into the body that it belongs to, or into the plan.
class StepPlacer {
 public:
  StepPlacer(Plan& plan, const Loops& loops, bool recomputes)
      : plan_(plan), loops_(loops), recomputes_(recomputes), bodies_(loops.all().size()) {}

  void place(Step step, const auto& slot) {
    const Node& node = *step.node;
    const int around = loops_.around(node);
    if (around >= 0 && &node == loops_.all()[static_cast<size_t>(around)].begin) {
      bodies_[static_cast<size_t>(around)] = std::make_shared<LoopSteps>();
      bodies_[static_cast<size_t>(around)]->begin = std::move(step);
      return;
    }
    if (loop_begin(node)) step.loop = closed(node, slot);
    (around < 0 ? plan_.steps : bodies_[static_cast<size_t>(around)]->body).push_back(std::move(step));
  }

 private:
  std::shared_ptr<const LoopSteps> closed(const Node& end, const auto& slot) {
    const auto index = static_cast<size_t>(loops_.around(*loop_begin(end)));
    const Loop& loop = loops_.all()[index];
    LoopSteps& steps = *bodies_[index];
    steps.carries = static_cast<size_t>(loop.carries());
    for (const Value& value : loop.next()) steps.next.push_back(slot(value));
    for (const Value& value : loop.stacked()) steps.stacked.push_back(slot(value));
    find_reads(loop, steps, slot);
    std::vector<int> asked = steps.next;
    asked.insert(asked.end(), steps.stacked.begin(), steps.stacked.end());
    if (recomputes_) steps.recomputed = find_recomputed(steps.body, plan_.nodes, asked);
    return bodies_[index];
  }

  void find_reads(const Loop& loop, LoopSteps& steps, const auto& slot) const {
    const auto is_outside = [&](const Value& value) {
      return value && !loops_.within(*value.node, loops_.around(*loop.begin));
    };
    std::set<Value, ValueLess> seen;
    const auto add = [&](const Step& step) {
      for (const Value& value : step.node->inputs()) {
        if (!is_outside(value) || !seen.insert(value).second) continue;
        steps.values.push_back(value);
        steps.reads.push_back(slot(value));
      }
    };
    add(steps.begin);
    for (const Step& step : steps.body) visit_steps(step, add);
  }

  Plan& plan_;
  const Loops& loops_;
  bool recomputes_;
  std::vector<std::shared_ptr<LoopSteps>> bodies_;
};

Kernel kernel_for(const Node& node) {
  const Descriptor* operation = node.descriptor();
  return operation && operation->loop == Descriptor::LoopEnd::none ? kernel_of(*operation) : nullptr;
}

}  // namespace

const std::vector<int>& Step::reads() const { return loop ? loop->reads : inputs; }
const std::vector<Value>& Step::values() const { return loop ? loop->values : node->inputs(); }

ParameterPtr Step::parameter(const std::string& slot) const {
  if (!batch_norm) return node->layer()->parameter(slot);
  const auto found =
      std::ranges::find_if(weights, [&](const ParameterPtr& each) { return each->name == slot; });
  return found == weights.end() ? nullptr : *found;
}

Plan make_plan(const std::vector<Value>& targets, bool gradients, bool recomputes) {
  Plan plan;
  if (targets.empty()) return plan;
  const Loops loops(targets.front().node->graph());
  plan.nodes = order_nodes(targets);
  throw_if_broken(find_escapes(loops, plan.nodes, targets));
  const std::vector<bool> recorded =
      gradients ? find_recorded(plan.nodes) : std::vector<bool>(plan.nodes.size(), false);
  if (gradients)
    for (const Node* node : plan.nodes) {
      plan.trained.push_back(owns_trainable(*node));
      plan.marked.push_back(recomputed_block(*node));
    }
  const std::vector<std::vector<Value>> releases = find_releases(plan.nodes, targets, loops);

  const std::map<const Node*, int> first = number_slots(plan.nodes, plan.slots);
  const auto slot = [&](const Value& value) { return value ? first.at(value.node) + value.output : -1; };
  plan.recomputes = recomputes = recomputes && gradients;
  StepPlacer steps(plan, loops, recomputes);
  for (size_t i = 0; i < plan.nodes.size(); ++i) {
    const Node& node = *plan.nodes[i];
    Step step{.node = &node, .kernel = kernel_for(node), .outputs = first.at(&node), .records = recorded[i]};
    for (const Value& input : node.inputs()) step.inputs.push_back(slot(input));
    for (const Value& value : releases[i]) step.release.push_back(slot(value));
    steps.place(std::move(step), slot);
  }
  for (const Value& target : targets) plan.targets.push_back(slot(target));
  plan.fields = needed_fields(plan.nodes, targets);
  if (recomputes) plan.recomputed = find_recomputed(plan.steps, plan.nodes, plan.targets);
  for (const Step& step : plan.steps) {
    const Descriptor* operation = step.node->descriptor();
    const LoweringEntry* entry = operation ? lowering_of(*operation) : nullptr;
    if (entry && step.node->layer())
      plan.lowered_layers.emplace_back(step.node->layer().get(), entry->by_training);
  }
  return plan;
}

}  // namespace orrery
