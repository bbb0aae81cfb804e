#pragma once

#include "renderers/plots/marks.h"
#include "renderers/plots/plot_theme.h"
#include "renderers/plots/ticks.h"

namespace orrery::plots {

/// On which side of its line an axis has its ticks and labels.
enum class Side { bottom, left, right };

/// An axis with its place: parts of plots and of parallel coordinates alike.
struct PlacedAxis {
  Scaling scaling;  ///< begin and end are x for an axis at the bottom, y for others
  std::vector<Tick> ticks;
  Side side = Side::bottom;
  double across = 0;  ///< where its line lies: y for an axis at the bottom, x for others
};

/// The room that ticks and labels need beside the line, in points: the height of an axis at the bottom, the
/// width of others.
double room_beside(const PlacedAxis& axis, const PlotTheme& theme, TextMeasure& measure);

/// The line, the ticks and their labels.
Marks axis_marks(const PlacedAxis& axis, const PlotTheme& theme, TextMeasure& measure);

/// `loss (nats)`: the label with its unit.
std::string title_of(const Axis& axis);

/// The text as it can be drawn: plain (`plain_text`), and shortened with an ellipsis when wider than `width`.
std::string fitted(const std::string& text, const TextStyle& style, double width, TextMeasure& measure);

/// The text broken at blanks into lines no wider than `width`, at most `most` of them; the last one is
/// shortened with an ellipsis.
std::vector<std::string> wrapped(const std::string& text, const TextStyle& style, double width, size_t most,
                                 TextMeasure& measure);

}  // namespace orrery::plots
