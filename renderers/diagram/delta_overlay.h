#pragma once

#include "renderers/diagram/diagram.h"

namespace orrery {

/// By how much a quantity of the second graph's run is more than that of the first's, by the paths of a
/// merged diagram (`merge_graphs`). What is new has all of its amount, what went away has lost it; what only
/// one of two runs has measured has none. Single nodes have one where both runs have measured nodes.
Overlay delta_overlay(const Diagram& merged, const GraphDiff& diff, const Overlay& before,
                      const Overlay& after);

}  // namespace orrery
