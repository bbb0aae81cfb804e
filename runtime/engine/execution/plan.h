#pragma once

#include <vector>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/graph/node.h"

namespace orrery {

/// One node of a plan. Values live in numbered slots.
struct Step {
  const Node* node;
  Kernel kernel = nullptr;   ///< null for input and constant nodes
  std::vector<int> inputs;   ///< slots; -1 for a port without a value
  int outputs = 0;           ///< slot of the first output; the others follow
  std::vector<int> release;  ///< slots that nobody needs after this step
  bool records = false;      ///< autograd records it
};

/// The ordered steps that compute some values of a graph. It depends on the graph, the targets and what is
/// trainable, not on shapes.
struct Plan {
  std::vector<Step> steps;
  std::vector<int> targets;  ///< slots of the requested values
  std::vector<bool> fields;  ///< which fields of the input node are read or requested
  int slots = 0;
};

/// Runs the passes: order → recorded (all false without gradients) → lifetimes → slots.
Plan make_plan(const std::vector<Value>& targets, bool gradients);

}  // namespace orrery
