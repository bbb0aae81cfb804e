#pragma once

#include "renderers/diagram/diagram.h"
#include "renderers/layout/sketch.h"
#include "renderers/painter.h"
#include "renderers/styles/theme.h"

namespace orrery {

/// Writes the names of inputs at the ends of their lines: whole where all of a box have room between lines
/// and texts, else their first letters.
void draw_port_names(const Diagram& diagram, const layout::Sketch& sketch, const Theme& theme,
                     TextMeasure& measure, Painter& painter);

}  // namespace orrery
