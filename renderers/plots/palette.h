#pragma once

#include "renderers/painter.h"

namespace orrery::plots {

/// A colour of viridis for lines on white; `share` from 0, dark, to 1, where it ends before it becomes too
/// pale.
Color palette_color(double share);

}  // namespace orrery::plots
