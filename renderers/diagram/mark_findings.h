#pragma once

#include <vector>

#include "renderers/diagram/diagram.h"

namespace orrery {

/// Puts each finding on the box that its path names; when that lies inside a folded block, on the block. One
/// about something that is not drawn (a governor) is kept for what stands under the drawing. One that is
/// about an input marks the line to it, too, and shows the value's shape there.
void mark_findings(Diagram& diagram, const Graph& graph, const std::vector<Finding>& findings);

}  // namespace orrery
