#pragma once

#include "renderers/painter.h"
#include "renderers/styles/theme.h"

namespace orrery {

/// The largest radius of round ends: a pill that holds a plot stays a box.
inline constexpr double kRoundEnd = 20;

/// Draws a box without its texts: outline, fill and mark. `direction`: of the data around it.
void draw_outline(Painter& painter, const Rect& at, const BoxLook& look, Direction direction);

}  // namespace orrery
