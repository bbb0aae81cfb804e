#pragma once

#include <vector>

#include "renderers/layout/sketch.h"

namespace orrery::test {

/// A line as it is drawn, with what it joins.
struct DrawnLine {
  int source = -1, sink = -1;  ///< boxes
  std::vector<Point> path;
};

/// How well lines read: less is better. Counted in the same way whoever has laid them out.
struct LayoutQuality {
  long crossings = 0;  ///< places where lines from different boxes cross
  long bends = 0;      ///< corners, those that lines of one box share counted once
  double length = 0;   ///< of all lines, along and across the flow, in points: no line gains by slanting
  double area = 0;     ///< of the smallest rectangle around boxes and lines
};

LayoutQuality quality_of(const std::vector<Rect>& boxes, const std::vector<DrawnLine>& lines);
/// Of a sketch that is laid out.
LayoutQuality quality_of(const layout::Sketch& sketch);

}  // namespace orrery::test
