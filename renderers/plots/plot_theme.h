#pragma once

#include <vector>

#include "renderers/plots/figure.h"
#include "renderers/plots/marks.h"

namespace orrery::plots {

/// Colours, type sizes and distances of plots, in points. No text is smaller than 6 points. Colours are those
/// of Okabe and Ito, which the colour-blind can tell apart, without yellow, which is too pale for a line;
/// dashes and marks tell curves apart in greyscale.
struct PlotTheme {
  TextStyle title{9, true};
  TextStyle label{8, false};
  TextStyle tick{7, false};
  TextStyle legend{7, false};
  TextStyle caption{6.5, false};
  Color text = rgb(0x1a1a1a);
  Color quiet = rgb(0x5a5a5a);
  Color axis = rgb(0x3a3a3a);
  Color grid = rgb(0xe6e6e6);
  double axis_width = 0.6, grid_width = 0.5;
  double curve_width = 1.3, faint_width = 0.7;
  double faint = 0.32, band = 0.18;  ///< opacity
  double tick_length = 3, minor_length = 1.7;
  double between_tick_and_label = 2;
  double mark_width = 4.6;
  double margin = 4;  ///< around the page
  double between_panels = 9;

  Color color(const Look& look) const;
  std::vector<double> dashes(const Look& look) const;
  Symbol symbol(const Look& look) const;  ///< REQUIRES: look.mark ≥ 0
};

}  // namespace orrery::plots
