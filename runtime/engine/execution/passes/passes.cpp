#include "runtime/engine/execution/passes/passes.h"

#include <algorithm>

#include "runtime/engine/execution/passes/slot_use.h"
#include "runtime/engine/execution/recomputed.h"

namespace orrery {
namespace {

constexpr std::pair<PlanPass, RunPlanPass> kStepPasses[] = {
    {PlanPass::common_subexpressions, merge_common_subexpressions},
    {PlanPass::constant_folding, fold_constants},
    {PlanPass::fold_batch_norm, fold_batch_norms},
    {PlanPass::dead_nodes, drop_dead_nodes},
};

}  // namespace

void run_passes(Plan& plan, const PassSet& passes, const PassQuestion& question) {
  plan.passes = passes;
  if (std::ranges::any_of(plan.steps, [](const Step& step) { return step.loop != nullptr; })) return;
  for (const auto& [pass, run] : kStepPasses) {
    if (!passes.has(pass)) continue;
    std::vector<const Node*> nodes = run(plan, question);
    if (!nodes.empty()) plan.outcomes.push_back({pass, std::move(nodes)});
  }
  if (plan.outcomes.empty()) return;
  renew_releases(plan.steps, plan.targets, plan.folded_slots);
  renew_releases(plan.folded, plan.folded_slots, {});
  if (plan.recomputes) plan.recomputed = find_recomputed(plan.steps, plan.nodes, plan.targets);
}

bool passes_hold(const Plan& plan) {
  return std::ranges::all_of(plan.plain_layers,
                             [](const Layer* layer) { return layer->parametrizations().empty(); });
}

}  // namespace orrery
