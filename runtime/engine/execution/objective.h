#pragma once

#include <vector>

#include "runtime/graph/node.h"

namespace orrery {

/// A loss, and what an optimizer updates from it: known before there is a batch.
struct Objective {
  Value loss;
  std::vector<ParameterPtr> parameters;
};

/// Pass: which nodes hand the gradient of an objective from its loss to its parameters.
///
/// Requires an order in which producers come first. Result: beside each node, true when it owns or reads
/// (through differentiable nodes) a parameter of the objective that is trainable now, and the loss depends on
/// it. The begin of a loop hands it on, too, when what a step hands to the next does. Fails (Fault::run) when
/// that is true of no node.
std::vector<bool> find_differentiated(const std::vector<const Node*>& order, const Objective& objective);

}  // namespace orrery
