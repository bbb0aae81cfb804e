#pragma once

#include <memory>
#include <vector>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/graph/node.h"

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
};

/// The body of a loop: its steps read and write the slots of the plan, again for each slice.
struct LoopSteps {
  Step begin;  ///< its outputs are the steps' numbers, the carries, the slices
  size_t carries = 0;
  std::vector<int> next;     ///< slots of the carries for the next step
  std::vector<int> stacked;  ///< slots of what is stacked
  std::vector<Step> body;
  RecomputedParts recomputed;  ///< of the body
};

/// The ordered steps that compute some values of a graph. It depends on the graph, the targets and what is
/// trainable and what is recomputed, not on shapes.
struct Plan {
  std::vector<Step> steps;
  std::vector<const Node*> nodes;  ///< of all steps, those of loops included, in their order
  std::vector<bool> trained;       ///< beside `nodes`: `owns_trainable` then; empty without gradients
  std::vector<int> targets;        ///< slots of the requested values
  std::vector<bool> fields;        ///< which fields of the input node are read or requested
  int slots = 0;
  std::vector<const Block*> marked;      ///< beside `nodes`: `recomputed_block` then; empty without gradients
  bool recomputes = false;               ///< what is marked is recomputed
  RecomputedParts recomputed;            ///< of `steps`
  std::vector<const Step*> by_training;  ///< those whose lowering is another in training than in evaluation
};

/// Runs the passes: order → recorded (all false without gradients) → lifetimes → slots → loops → recomputed
/// (none without gradients, or where `recomputes` is false). Fails (CheckError) when a target lies inside a
/// loop.
Plan make_plan(const std::vector<Value>& targets, bool gradients, bool recomputes = true);

}  // namespace orrery
