#pragma once

#include "renderers/plots/axis.h"

namespace orrery::plots {

/// A legend, laid out from the point (0, 0).
struct Legend {
  Size size;
  Marks marks;
};

/// One entry under the other, for inside of a panel; names are shortened to fit into `width`.
Legend legend_column(const std::vector<LegendEntry>& entries, double width, const PlotTheme& theme,
                     TextMeasure& measure);
/// Side by side, in as many rows as `width` needs, columns below each other.
Legend legend_rows(const std::vector<LegendEntry>& entries, double width, const PlotTheme& theme,
                   TextMeasure& measure);

/// Marks moved on the page.
void append_moved(Marks& to, const Marks& marks, Point by);

/// How far a rectangle is from the nearest mark in points; 0 when one lies in it or crosses it.
double clearance(const Rect& rect, const Marks& marks);

}  // namespace orrery::plots
