#pragma once

#include "renderers/diagram/diagram.h"
#include "renderers/layout/sketch.h"
#include "renderers/painter.h"
#include "renderers/styles/theme.h"

namespace orrery {

/// Writes the names of inputs at the ends of their lines: whole where there is room before the next line and
/// the texts, else their first letter.
void draw_port_names(const Diagram& diagram, const layout::Sketch& sketch, const Theme& theme,
                     TextMeasure& measure, Painter& painter);

}  // namespace orrery
