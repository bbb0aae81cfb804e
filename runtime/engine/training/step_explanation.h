#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/engine/execution/plan_report.h"
#include "runtime/engine/profile/alias_sets.h"
#include "runtime/governors/manager.h"
#include "runtime/graph/runtime.h"

namespace orrery {

/// What the forward and the backward pass of one batch cost, without the update. Gradients of parameters that
/// are updated within the backward pass are let go of as there.
struct StepCost {
  double seconds = 0;            ///< the median of `StepExplanation::repetitions`
  std::int64_t peak_bytes = 0;   ///< most at once beside weights and batch, arenas included
  std::int64_t allocations = 0;  ///< LibTorch's, once everything is in place
};

/// What a pass did, and what it gains.
struct PassGain {
  PassReport report;
  /// The least that the step took with the pass and without it, in turns; of an evaluation's pass: forward.
  /// 0 where that was not measured.
  double seconds = 0, seconds_without = 0;
};

/// How a run would compute a training step, and what that costs.
struct StepExplanation {
  bool planned = false;             ///< by the static plan; else by autograd
  std::string why_not;              ///< why autograd does it
  std::string unlowered;            ///< why the plan takes no own kernels, where that is not of its passes
  PlanReport steps;                 ///< as the run would compute them
  std::vector<PassGain> passes;     ///< all there are
  StepCost autograd;                ///< where autograd does it
  std::optional<StepCost> plan;     ///< where the plan does it; nothing where it cannot be had
  std::optional<StepCost> keeping;  ///< by the run's engine, were nothing recomputed; nothing without marks
  int repetitions = 0;              ///< of each, in turns
  int threads = 0;
  std::string thread_reason;  ///< why so many: the name of a ThreadReason
  std::string device;
  std::optional<std::string> uncaptured;  ///< why a run's steps are no graphs of the device; empty: they are
                                          ///< to be; nothing on the CPU
  std::int64_t samples = 0;               ///< of the batch
  std::string updates_wait;               ///< why no parameter is updated within the backward pass
  size_t parameters = 0;                  ///< that the optimizers train
  std::vector<AliasSet> shared = {};      ///< memory that several values of a forward pass have together
};

/// Looks at the first batch of a manager's data. Trains nothing: weights, buffers, states, optimizers and
/// random numbers are afterwards what they were. The threads are those that a new run would take; what it
/// found is not kept. `by_hand`: the script writes the loop itself. The stop flag is honoured (`Stopped`).
/// `measures`: each pass that did something is left out for some steps, too. Fails (Fault::usage) when no
/// optimizer has a loss, there are no data, or the manager insists on a plan that cannot be had. REQUIRES:
/// the graph is finalized.
StepExplanation explain_step(Runtime& runtime, const Graph& graph, const Manager& manager, bool by_hand,
                             bool measures = false);

}  // namespace orrery
