#pragma once

#include <vector>

#include "runtime/graph/node.h"

namespace orrery {

/// Whether a node owns what is trainable now: a parameter of its layer, its constant, a trained field.
bool owns_trainable(const Node& node);

/// Pass: which nodes need their gradients recorded.
///
/// Requires an order in which producers come first. Result: beside each node, true when it owns a parameter
/// that is trainable now, or is a trainable constant or a trained input, or is differentiable and reads from
/// a recorded node. All that lies below the first trainable tensor is false: it is computed without
/// recording. The begin of a loop is true, too, when what a step hands to the next is recorded.
std::vector<bool> find_recorded(const std::vector<const Node*>& order);

}  // namespace orrery
