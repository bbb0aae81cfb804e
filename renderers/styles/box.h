#pragma once

#include "renderers/diagram/diagram.h"
#include "renderers/layout/sketch.h"
#include "renderers/painter.h"
#include "renderers/styles/theme.h"

namespace orrery {

/// The style `box`: nested blocks as frames with titles, operations as boxes whose outline and colour tell
/// their kind, values as orthogonal lines with their shapes beside them.

/// The sizes of everything in the drawing, for the layout. Boxes and nets are the diagram's boxes and values.
layout::Sketch sketch_boxes(const Diagram& diagram, const Theme& theme, TextMeasure& measure);

/// Draws a diagram at the places of its laid-out sketch.
void draw_boxes(const Diagram& diagram, const layout::Sketch& sketch, const Theme& theme,
                TextMeasure& measure, Painter& painter);

}  // namespace orrery
