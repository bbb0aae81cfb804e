#pragma once

#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/graph/node.h"
#include "runtime/graph/plan_passes.h"

namespace orrery {

struct LoopSteps;
struct RecomputedPart;
using RecomputedParts = std::vector<std::shared_ptr<const RecomputedPart>>;

/// One node of a plan. Values live in numbered slots.
struct Step {
  const Node* node;
  Kernel kernel = nullptr;                          ///< null for input and constant nodes, and for loops
  std::vector<int> inputs;                          ///< slots; -1 for a port without a value
  int outputs = 0;                                  ///< slot of the first output; the others follow
  std::vector<int> release;                         ///< slots that nobody needs after this step
  bool records = false;                             ///< autograd records it
  std::shared_ptr<const LoopSteps> loop = nullptr;  ///< of a loop's end: what comes before it
  const Node* batch_norm = nullptr;   ///< folded into its weights: the step gives the result of that node
  std::vector<ParameterPtr> weights;  ///< `weight` and `bias` then, in place of the layer's

  /// Slots that others fill and it reads; of a loop those made outside of it, each once.
  const std::vector<int>& reads() const;
  /// What it reads there, beside them; empty for a port without a value.
  const std::vector<Value>& values() const;
  /// What it reads under a layer's own name; null when there is none. REQUIRES: the node has a layer.
  ParameterPtr parameter(const std::string& slot) const;
};

/// The body of a loop: its steps read and write the slots of the plan, again for each slice.
struct LoopSteps {
  Step begin;  ///< its outputs are the steps' numbers, the carries, the slices
  size_t carries = 0;
  std::vector<int> next;     ///< slots of the carries for the next step
  std::vector<int> stacked;  ///< slots of what is stacked
  std::vector<Step> body;
  RecomputedParts recomputed;  ///< of the body
  std::vector<int> reads;      ///< as `Step::reads`
  std::vector<Value> values;   ///< beside them
};

/// Calls visit(step) with the step, and with all that is computed in it when it ends a loop.
void visit_steps(const Step& step, const auto& visit) {
  visit(step);
  if (!step.loop) return;
  visit(step.loop->begin);
  for (const Step& inner : step.loop->body) visit_steps(inner, visit);
}

/// What a pass did.
struct PassOutcome {
  PlanPass pass;
  std::vector<const Node*> nodes;  ///< that take no step of their own any more, in their order
};

/// The ordered steps that compute some values of a graph. It depends on the graph, the targets, what is
/// trainable and what is recomputed, not on shapes.
struct Plan {
  std::vector<Step> steps;
  std::vector<const Node*> nodes;  ///< of all steps, those of loops included, in their order
  std::vector<bool> trained;       ///< beside `nodes`: `owns_trainable` then; empty without gradients
  std::vector<int> targets;        ///< slots of the requested values
  std::vector<bool> fields;        ///< which fields of the input node are read or requested
  int slots = 0;
  std::vector<const Block*> marked;  ///< beside `nodes`: `recomputed_block` then; empty without gradients
  bool recomputes = false;           ///< what is marked is recomputed
  RecomputedParts recomputed;        ///< of `steps`
  /// Layers of the steps that may be lowered, and whether that is another in training than in evaluation.
  std::vector<std::pair<const Layer*, bool>> lowered_layers;

  // What passes (passes/passes.h) have left.
  PassSet passes = {};                ///< that are made
  std::vector<PassOutcome> outcomes;  ///< of those that found something
  std::vector<Step> folded;           ///< steps apart from the others: what they give stays the same
  std::vector<int> folded_slots;      ///< the slots of it that the others read
  std::unordered_map<const Node*, const Node*> merged;  ///< to the node whose step computes the same
  std::vector<const Layer*> plain_layers;               ///< whose tensors nothing computes, as passes rely on

  /// The node whose step computes a node's results.
  const Node* computed_by(const Node* node) const {
    const auto found = merged.find(node);
    return found == merged.end() ? node : found->second;
  }
};

/// Runs the passes: order → recorded (all false without gradients) → lifetimes → slots → loops → recomputed
/// (none without gradients, or where `recomputes` is false). Fails (CheckError) when a target lies inside a
/// loop.
Plan make_plan(const std::vector<Value>& targets, bool gradients, bool recomputes = true);

}  // namespace orrery
