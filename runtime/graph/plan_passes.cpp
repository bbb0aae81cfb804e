#include "runtime/graph/plan_passes.h"

#include <algorithm>

namespace orrery {
namespace {

constexpr PlanPassInfo kPlanPasses[] = {
    {PlanPass::common_subexpressions, "common_subexpressions", "computes once what several nodes compute"},
    {PlanPass::constant_folding, "constant_folding",
     "computes once per run what depends on constants alone, up to 64 MiB"},
    {PlanPass::fold_batch_norm, "fold_batch_norm",
     "in evaluation puts batch normalisation into the weights of the convolution or Linear before it"},
    {PlanPass::dead_nodes, "dead_nodes", "leaves out what nobody reads any more"},
    {PlanPass::lowering, "lowering", "computes nodes that follow each other by own kernels in one arena"},
    {PlanPass::fuse_activations, "fuse_activations",
     "computes an activation in the pass over memory of the layer before it"},
    {PlanPass::relu_after_max_pool, "relu_after_max_pool",
     "computes relu before a max-pool on what the pool has kept"},
    {PlanPass::branches_side_by_side, "branches_side_by_side",
     "computes small branches that do not depend on each other at the same time, where a trial shows that it "
     "pays"},
    {PlanPass::fold_updates, "fold_updates",
     "makes a Linear's step of SGD without momentum within the product that would be its gradient"},
};

}  // namespace

std::span<const PlanPassInfo> plan_passes() { return kPlanPasses; }

std::vector<std::string> plan_pass_names() {
  std::vector<std::string> names;
  for (const PlanPassInfo& info : kPlanPasses) names.emplace_back(info.name);
  return names;
}

const char* name(PlanPass pass) { return std::ranges::find(kPlanPasses, pass, &PlanPassInfo::pass)->name; }

PassSet PassSet::of(const Attributes& options) {
  PassSet passes;
  if (!options.has("skip_passes")) return passes;
  for (const std::string& word : listed_words(options.text("skip_passes")))
    passes = passes.without(std::ranges::find(kPlanPasses, word, &PlanPassInfo::name)->pass);
  return passes;
}

PassSet PassSet::without(PlanPass pass) const {
  PassSet fewer = *this;
  fewer.left_out_ |= 1U << static_cast<unsigned>(pass);
  return fewer;
}

}  // namespace orrery
