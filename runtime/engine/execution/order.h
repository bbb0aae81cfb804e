#pragma once

#include <vector>

#include "runtime/graph/node.h"

namespace orrery {

/// Pass: which nodes to compute, and when.
///
/// Result: exactly the nodes that the targets depend on, each after the nodes it reads; a node that
/// overwrites an input comes after every other reader of that storage. Among nodes that may come next the
/// one constructed first does, so that the order depends on nothing but the graph.
/// Fails (Fault::check) when no such order exists.
std::vector<const Node*> order_nodes(const std::vector<Value>& targets);

}  // namespace orrery
