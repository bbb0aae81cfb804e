#include <algorithm>
#include <unordered_set>

#include "runtime/engine/execution/passes/passes.h"
#include "runtime/engine/execution/passes/slot_use.h"

namespace orrery {

std::vector<const Node*> drop_dead_nodes(Plan& plan, const PassQuestion&) {
  std::unordered_set<int> read(plan.targets.begin(), plan.targets.end());
  std::vector<const Node*> dead;
  for (size_t i = plan.steps.size(); i-- > 0;) {
    const Step& step = plan.steps[i];
    const auto outputs = static_cast<int>(step.node->outputs().size());
    bool live = !is_pure(step) && !step.node->constant();
    for (int output = 0; output < outputs; ++output) live = live || read.contains(step.outputs + output);
    if (live)
      read.insert(step.inputs.begin(), step.inputs.end());
    else
      dead.insert(dead.begin(), step.node);
  }
  const std::unordered_set<const Node*> gone(dead.begin(), dead.end());
  std::erase_if(plan.steps, [&](const Step& step) { return gone.contains(step.node); });
  return dead;
}

}  // namespace orrery
