#pragma once

#include <set>

#include "runtime/graph/graph.h"

namespace orrery {

/// The nodes that a label leads to: they judge the model and are no part of it.
std::set<const Node*> judging_nodes(const Graph& graph);

}  // namespace orrery
