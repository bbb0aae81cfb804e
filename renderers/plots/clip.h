#pragma once

#include <vector>

#include "renderers/geometry.h"

namespace orrery::plots {

using Polyline = std::vector<Point>;

/// The parts of a line that lie in a rectangle.
std::vector<Polyline> clipped_line(const Polyline& line, const Rect& to);

/// The part of a polygon that lies in a rectangle; nothing when it lies outside.
Polyline clipped_area(const Polyline& corners, const Rect& to);

/// The line with at most four points in each column of `width` points: where it enters and leaves it, and its
/// highest and lowest point, so that it looks the same. A line that does not run to the right stays as it is.
Polyline thinned(const Polyline& line, double width);

}  // namespace orrery::plots
