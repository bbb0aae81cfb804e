#pragma once

#include <vector>

#include "runtime/graph/node.h"

namespace orrery {

/// Pass: when each value is no longer needed.
///
/// Requires an order in which producers come first. Result: beside each node, the values to release once it
/// has been computed: those it reads last, and its own outputs that nobody reads. Targets are never
/// released; every other output of the order exactly once.
std::vector<std::vector<Value>> find_releases(const std::vector<const Node*>& order,
                                              const std::vector<Value>& targets);

}  // namespace orrery
