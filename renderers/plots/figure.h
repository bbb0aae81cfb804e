#pragma once

#include <optional>
#include <string>
#include <vector>

namespace orrery::plots {

enum class Scale { linear, log };

/// How the numbers of an axis are written.
enum class Numbers {
  automatic,  ///< plain where that is short; 150k and 2×10⁻⁵ where it is not
  plain,      ///< 150000, 0.00002
  si,         ///< 150k, 2.5M
};

/// An axis as it is asked for.
struct Axis {
  std::string label;  ///< what the numbers are
  std::string unit;   ///< written behind the label, in brackets
  Scale scale = Scale::linear;
  std::optional<double> from, to;  ///< the ends; none: as the data need
  bool zero = false;               ///< 0 is shown, whatever the data (on a linear axis)
  bool whole = false;              ///< ticks at whole numbers only, as of epochs
  Numbers numbers = Numbers::automatic;
};

/// Which colour, dashes and mark of the theme something is drawn with; counted on past their number. −1:
/// no mark.
struct Look {
  int color = 0, dashes = 0, mark = -1;
  bool operator==(const Look&) const = default;
};

/// A curve. What has no place (NaN, infinity, beyond 1e300, and nothing above 0 on a logarithmic axis)
/// makes a gap.
struct Series {
  std::string name;                  ///< in the legend; empty: not there
  std::vector<double> x, y;          ///< equally long
  std::vector<double> lower, upper;  ///< a band around the curve; empty or as long as x
  std::vector<double> faint;  ///< drawn faintly behind the curve, as what it smooths; empty or as long as x
  std::optional<Look> look;   ///< none: by the place of its name among all names of the figure
  bool points = false;        ///< a mark at each value, no line
};

/// A rectangle with a vertical axis of its own.
struct Panel {
  Axis y;
  std::vector<Series> series;
};

enum class LegendPlace {
  automatic,  ///< in the emptiest corner of a panel where it covers nothing, else above
  above,
  none,
};

/// A line of the legend.
struct LegendEntry {
  std::string name;
  Look look;
  bool line = true, band = false;
  bool quiet = false;  ///< in grey: tells what dashes mean, whatever the colour
};

/// Panels under each other that share the horizontal axis. It has no coordinates: the layout makes them.
struct Figure {
  std::string title;
  std::string caption;  ///< small, under the figure
  Axis x;
  std::vector<Panel> panels;
  LegendPlace legend = LegendPlace::automatic;
  std::vector<LegendEntry> entries;  ///< of the legend; empty: one a name
  double width_mm = 84;              ///< of the page: a column of a paper
  double height_mm = 0;              ///< 0: as the panels need
};

/// Fails with an `Error(Fault::usage)` when columns are not equally long, sizes are out of range, or there
/// are no panels.
void check_figure(const Figure& figure);

}  // namespace orrery::plots
