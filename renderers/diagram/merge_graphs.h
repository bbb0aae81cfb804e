#pragma once

#include "renderers/diagram/diagram.h"

namespace orrery {

/// Behind the path of a box that went away, where the second graph has one of that path.
inline const std::string kRemoved = " (removed)";

/// Puts the full diagrams of two graphs into one: that of the second, with the boxes and lines that only the
/// first has. Ids of the first graph's nodes count on from `nodes`, the number of the second's. Structures
/// are numbered anew, so that boxes are equal only where they have changed in the same way.
Diagram merge_graphs(const Diagram& before, Diagram after, const GraphDiff& diff, int nodes);

}  // namespace orrery
