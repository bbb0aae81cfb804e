#pragma once

#include "runtime/engine/execution/placement.h"
#include "runtime/engine/execution/plan.h"

namespace orrery {

/// What a plan is for.
struct PassQuestion {
  bool gradients = true;
  bool training = true;
  bool mixed = false;    ///< operations cast what they compute from
  bool watched = false;  ///< somebody looks at each node's results
  const Placement& placement;
};

/// Rewrites the steps of a plan by those of `passes` that work on steps, and notes in the plan what they did.
/// Nodes, targets, fields and slots stay. A plan with loops stays as it is.
/// REQUIRES: as `make_plan` gave it.
void run_passes(Plan& plan, const PassSet& passes, const PassQuestion& question);

/// Whether what the passes have made of a plan may still be used: no script has parametrized a layer since.
bool passes_hold(const Plan& plan);

/// The passes. Each gives the nodes whose steps it took out of the plan, in their order; `release` of the
/// steps is not kept up.
using RunPlanPass = std::vector<const Node*> (*)(Plan& plan, const PassQuestion& question);

/// Takes a node for another before it whose operation, options, layer and inputs are the same: nothing
/// random, no buffers, no parametrized layer, no functions of the script, nothing that they or the plan's
/// readers may write to. Gradients of both add up at the one that stays.
std::vector<const Node*> merge_common_subexpressions(Plan& plan, const PassQuestion& question);

/// Sets apart the nodes without a layer that depend on constants alone, which are not trained and no states:
/// nothing random, no functions of the script, sizes that no batch changes. What is read of them takes 64 MiB
/// at the most.
std::vector<const Node*> fold_constants(Plan& plan, const PassQuestion& question);

/// In evaluation gives a convolution or Linear whose only reader is a batch normalisation by running
/// statistics the weights that compute both. Not with gradients or in mixed precision, nor where each result
/// is looked at.
std::vector<const Node*> fold_batch_norms(Plan& plan, const PassQuestion& question);

/// Takes out steps without effects whose results nobody reads: constants that were folded.
std::vector<const Node*> drop_dead_nodes(Plan& plan, const PassQuestion& question);

}  // namespace orrery
