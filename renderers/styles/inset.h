#pragma once

#include "renderers/painter.h"
#include "renderers/styles/theme.h"

namespace orrery {

/// The small plots inside a box, one below the other.

/// The room that they need, the distance to what stands above them included; none without insets.
Size insets_size(const DiagramBox& box, const Theme& theme, TextMeasure& measure);

/// Draws them in a room of that height from `at` downwards.
void draw_insets(const DiagramBox& box, const Rect& at, const Theme& theme, TextMeasure& measure,
                 Painter& painter);

}  // namespace orrery
