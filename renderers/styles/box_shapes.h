#pragma once

#include "renderers/painter.h"
#include "renderers/styles/theme.h"

namespace orrery {

/// Draws a box without its texts: outline, fill and mark. `direction`: of the data around it.
void draw_outline(Painter& painter, const Rect& at, const BoxLook& look, Direction direction);

}  // namespace orrery
