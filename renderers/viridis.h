#pragma once

#include <vector>

#include "renderers/painter.h"

namespace orrery {

/// The colours of matplotlib's viridis (Smith and van der Walt, 2015) at every tenth, from dark to pale: its
/// lightness grows evenly, also in greyscale and for the colour-blind.
const std::vector<Color>& viridis();

/// The colour at a share of a scale, 0 to 1, between the two of its colours that stand next to it.
/// REQUIRES: at least two colours.
Color color_at(const std::vector<Color>& scale, double share);

}  // namespace orrery
