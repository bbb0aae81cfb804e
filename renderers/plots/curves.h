#pragma once

#include "renderers/plots/plot_theme.h"
#include "renderers/plots/scaling.h"

namespace orrery::plots {

/// A panel's place.
struct PanelPlace {
  Rect inside;  ///< where curves may lie
  Scaling x, y;
};

/// The curves of a panel, cut off at its ends: bands first, faint curves, curves, marks. `looks` has one for
/// each series. A value between two gaps is a dot, for a line has no length there.
Marks curve_marks(const std::vector<Series>& series, const std::vector<Look>& looks, const PanelPlace& place,
                  const PlotTheme& theme);

}  // namespace orrery::plots
