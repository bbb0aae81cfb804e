#pragma once

#include "renderers/painter.h"

namespace orrery::plots {

/// A colour of viridis (Smith and van der Walt, 2015), which rises evenly in lightness also in greyscale and
/// to the colour-blind; `share` from 0, dark, to 1, where it ends before it becomes too pale for a line on
/// white.
Color palette_color(double share);

}  // namespace orrery::plots
