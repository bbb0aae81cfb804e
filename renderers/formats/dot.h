#pragma once

#include <string>

#include "renderers/diagram/diagram.h"
#include "renderers/styles/theme.h"

namespace orrery {

/// A diagram in the language of Graphviz: a cluster for each open block, a node `b7` for box 7, an edge for
/// each reader of a value with the value's shape at the first. The whole flows in the root's direction, since
/// clusters have none of their own. Labels are plain text, never escapes, markup or records.
std::string dot_text(const Diagram& diagram, const Theme& theme);

}  // namespace orrery
