#pragma once

#include "renderers/fonts.h"
#include "renderers/plots/marks.h"
#include "renderers/plots/plot_theme.h"

namespace orrery::plots {

/// A laid-out figure.
struct Plot {
  Size page;  ///< in points
  Marks marks;
};

/// The passes: looks, scalings, rooms, ticks, curves, legend, texts. Fails with an `Error(Fault::usage)` when
/// columns are not equally long or the page is too small for its panels.
Plot lay_out(const Figure& figure, const PlotTheme& theme, TextMeasure& measure);

/// The file's bytes, the same for the same figure. `format` is `pdf`, `svg` or `png`; `dpi` the dots per inch
/// of a PNG. Fails with an `Error(Fault::usage)` on what does not exist or does not fit. Reentrant.
std::string draw_plot(const Figure& figure, const std::string& format, double dpi);

/// The marks of the figure as JSON.
std::string plot_json(const Figure& figure);

/// The same for what has been laid out already, as parallel coordinates.
std::string draw_marks(const Marks& marks, Size page, const std::string& format, double dpi, Fonts& fonts);

}  // namespace orrery::plots
