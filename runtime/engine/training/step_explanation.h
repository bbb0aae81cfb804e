#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/engine/execution/plan_report.h"
#include "runtime/governors/manager.h"
#include "runtime/graph/runtime.h"

namespace orrery {

/// What the forward and the backward pass of one batch cost, without the update.
struct StepCost {
  double seconds = 0;            ///< the median of `StepExplanation::repetitions`
  std::int64_t peak_bytes = 0;   ///< most at once beside weights and batch, arenas included
  std::int64_t allocations = 0;  ///< LibTorch's, once everything is in place
};

/// How a run would compute a training step, and what that costs.
struct StepExplanation {
  bool planned = false;             ///< by the static plan; else by autograd
  std::string why_not;              ///< why autograd does it
  PlanReport steps;                 ///< as the run would compute them
  StepCost autograd;                ///< where autograd does it
  std::optional<StepCost> plan;     ///< where the plan does it; nothing where it cannot be had
  std::optional<StepCost> keeping;  ///< by the run's engine, were nothing recomputed; nothing without marks
  int repetitions = 0;              ///< of each, in turns
  int threads = 0;
  std::string device;
  std::optional<std::string> uncaptured;  ///< why a run's steps are no graphs of the device; empty: they are
                                          ///< to be; nothing on the CPU
  std::int64_t samples = 0;               ///< of the batch
};

/// Looks at the first batch of a manager's data. Trains nothing: weights, buffers, states, optimizers and
/// random numbers are afterwards what they were. `by_hand`: the script writes the loop itself. The stop flag
/// is honoured (`Stopped`). Fails (Fault::usage) when no optimizer has a loss, there are no data, or the
/// manager insists on a plan that cannot be had.
/// REQUIRES: the graph is finalized.
StepExplanation explain_step(Runtime& runtime, const Graph& graph, const Manager& manager, bool by_hand);

}  // namespace orrery
