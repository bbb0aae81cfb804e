#pragma once

#include <vector>

#include "runtime/graph/loops.h"

namespace orrery {

/// Pass: when each value is no longer needed.
///
/// Requires an order in which producers come first. Result: beside each node, the values to release once it
/// has been computed: those it reads last, and its own outputs that nobody reads. Targets are never
/// released; every other output of the order exactly once. What the body of a loop reads from outside lives
/// until the loop's end; what a step of it makes, until its last reader in the same step or, where the loop's
/// end takes it, until that.
std::vector<std::vector<Value>> find_releases(const std::vector<const Node*>& order,
                                              const std::vector<Value>& targets, const Loops& loops);

}  // namespace orrery
