#pragma once

#include <vector>

#include "renderers/diagram/diagram.h"

namespace orrery {

/// Puts the code of each finding on the box that its path names; when that lies inside a folded block,
/// on the block. A finding about something that is not drawn (a governor) marks nothing.
void mark_findings(Diagram& diagram, const std::vector<Finding>& findings);

}  // namespace orrery
