#pragma once

#include <unordered_set>

#include "runtime/graph/graph.h"

namespace orrery {

/// The trainable parameters that receive a gradient from a loss. REQUIRES: the graph's gradients are up
/// to date.
std::unordered_set<const Parameter*> reaching(Value loss);

}  // namespace orrery
