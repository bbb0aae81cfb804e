#pragma once

#include <string>

#include "runtime/graph/graph.h"

namespace orrery {

/// The graph as VizML's JSON (document.h has its form), in one line: nodes in the order of construction, then
/// what updates, runs and saves it: as it was read (`VizmlRun`), else as its optimizers, managers and savers
/// say. The same graph gives the same bytes. A layer that stands at several places becomes several nodes of
/// one `import_layer`; a node lies in its outermost block, since VizML's do not nest.
///
/// Throws `Error(Fault::check)` that lists all that VizML has no node for.
std::string to_vizml(const Graph& graph);

}  // namespace orrery
