#include <cmath>

#include "renderers/plots/figure.h"
#include "runtime/core/error.h"

namespace orrery::plots {
namespace {

void check_columns(const Series& series) {
  for (const auto& [what, column] : {std::pair{"y", &series.y},
                                     {"lower", &series.lower},
                                     {"upper", &series.upper},
                                     {"smoothed", &series.faint}}) {
    const bool may_lack = column != &series.y && column->empty();
    check(may_lack || column->size() == series.x.size(), Fault::usage,
          "the series '{}' has {} numbers in x and {} in {}: they belong together one by one", series.name,
          series.x.size(), column->size(), what);
  }
  check(series.lower.size() == series.upper.size(), Fault::usage,
        "the series '{}' has a lower side of a band without an upper one, or the other way round",
        series.name);
}

void check_size(const std::string& name, double value, double least) {
  check(std::isfinite(value) && value >= least && value <= 2000, Fault::usage,
        "{} must be {:g} to 2000, got {:g}", name, least, value);
}

}  // namespace

void check_figure(const Figure& figure) {
  check_size("width_mm", figure.width_mm, 30);
  if (figure.height_mm != 0) check_size("height_mm", figure.height_mm, 25);
  check(!figure.panels.empty(), Fault::usage, "a plot needs at least one panel");
  check(figure.panels.size() <= 40, Fault::usage, "a plot has at most 40 panels, got {}",
        figure.panels.size());
  for (const Panel& panel : figure.panels)
    for (const Series& series : panel.series) check_columns(series);
}

}  // namespace orrery::plots
