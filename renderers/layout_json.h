#pragma once

#include <string>

#include "renderers/diagram/diagram.h"
#include "renderers/layout/sketch.h"

namespace orrery {

/// The geometry of a laid-out diagram as JSON, one box or line a row, so that a difference is easy to read.
std::string geometry_json(const Diagram& diagram, const layout::Sketch& sketch);

}  // namespace orrery
