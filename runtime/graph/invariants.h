#pragma once

#include <vector>

#include "runtime/graph/graph.h"

namespace orrery {

/// The rules that a whole graph must keep; what a single call can break is refused by that call. One
/// function per rule, each in its own file of runtime/graph/invariants, reporting every place where the
/// rule is broken and changing nothing.
namespace invariants {

/// `no-input`: a graph with an optimizer's loss has an input node.
std::vector<Finding> one_input(const Graph& graph);
/// `dangling-node`: every node is read by another, or marked as an output, or used by a governor. A
/// graph of which nothing is marked has the ends of its edges as results.
std::vector<Finding> no_dangling_node(const Graph& graph);
/// `empty-graph`: there is at least one operation.
std::vector<Finding> not_empty(const Graph& graph);

}  // namespace invariants

/// All rules above, in that order.
std::vector<Finding> check_graph(const Graph& graph);

}  // namespace orrery
