#include "renderers/plots/curves.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "renderers/plots/clip.h"

namespace orrery::plots {
namespace {

constexpr double kColumn = 0.24;      // points: half a dot of a page printed at 150 dpi
constexpr double kFarAway = 1e7;      // points: what lies beyond needs no exact place
constexpr double kBetweenMarks = 26;  // points, along the curve's x
constexpr double kOnTheBorder = 1e-6;

class Curves {
 public:
  Curves(const PanelPlace& place, const PlotTheme& theme) : place_(place), theme_(theme) {}

  void band(const Series& series, const Look& look) {
    const Color color = at_opacity(theme_.color(look), theme_.band);
    for (const auto& [begin, end] : runs(series.x, series.lower, series.upper)) {
      Polyline low, high;
      for (size_t i = begin; i < end; ++i)
        low.push_back(at(series.x[i], series.lower[i])), high.push_back(at(series.x[i], series.upper[i]));
      if (end - begin == 1) {
        add_line("band", {low[0], high[0]}, Stroke{at_opacity(color, 0.5), 2});
        continue;
      }
      low = thinned(low, kColumn), high = thinned(high, kColumn);
      low.insert(low.end(), high.rbegin(), high.rend());
      Polyline area = clipped_area(low, place_.inside);
      if (area.size() > 2) marks_.push_back(area_mark("band", std::move(area), color));
    }
  }

  void line(const std::string& role, const Series& series, const std::vector<double>& y,
            const Stroke& stroke) {
    for (const auto& [begin, end] : runs(series.x, y, y)) {
      if (end - begin == 1) {
        dot(role, at(series.x[begin], y[begin]), Symbol::circle, stroke.width * 2, stroke.color);
        continue;
      }
      Polyline points;
      for (size_t i = begin; i < end; ++i) points.push_back(at(series.x[i], y[i]));
      add_line(role, thinned(points, kColumn), stroke);
    }
  }

  // `nth` shifts the marks of several curves against each other.
  void symbols(const Series& series, const Look& look, double distance, size_t nth) {
    const auto found = runs(series.x, series.y, series.y);
    if (found.empty()) return;
    const double begins = place_.x.at(series.x[found.front().first]);
    const double ends = place_.x.at(series.x[found.back().second - 1]);
    double next = -kFarAway;
    if (distance > 0 && ends - begins > distance) next = begins + distance * static_cast<double>(nth % 3) / 3;
    for (const auto& [begin, end] : found)
      for (size_t i = begin; i < end; ++i) {
        const Point p = at(series.x[i], series.y[i]);
        if (distance > 0 && p.x < next) continue;
        dot("mark", p, theme_.symbol(look), theme_.mark_width, theme_.color(look));
        next = p.x + distance;
      }
  }

  Marks take() { return std::move(marks_); }

 private:
  Point at(double x, double y) const {
    // A band may reach below what a logarithmic axis can show.
    if (!place_.y.holds(y)) y = place_.y.from;
    return {std::clamp(place_.x.at(x), -kFarAway, kFarAway), std::clamp(place_.y.at(y), -kFarAway, kFarAway)};
  }

  bool has_place(double y) const {
    return place_.y.holds(y) || (place_.y.scale == Scale::log && std::isfinite(y) && y <= 0);
  }

  // Where x, low and high all have a place: [begin, end). The lower side of a band may be out of reach.
  std::vector<std::pair<size_t, size_t>> runs(const std::vector<double>& x, const std::vector<double>& low,
                                              const std::vector<double>& high) const {
    std::vector<std::pair<size_t, size_t>> found;
    bool open = false;
    for (size_t i = 0; i < std::min({x.size(), low.size(), high.size()}); ++i) {
      const bool held = place_.x.holds(x[i]) && has_place(low[i]) && place_.y.holds(high[i]);
      if (held && !open) found.emplace_back(i, i);
      if (held) found.back().second = i + 1;
      open = held;
    }
    return found;
  }

  void add_line(const std::string& role, const Polyline& points, const Stroke& stroke) {
    for (Polyline& part : clipped_line(points, place_.inside))
      marks_.push_back(line_mark(role, std::move(part), stroke));
  }

  void dot(const std::string& role, Point at, Symbol symbol, double width, Color color) {
    const Rect middle{at.x, at.y, 0, 0};
    if (place_.inside.grown(kOnTheBorder).contains(middle))
      marks_.push_back(symbol_mark(role, at, symbol, width, color));
  }

  const PanelPlace& place_;
  const PlotTheme& theme_;
  Marks marks_;
};

Stroke stroke_of(const Look& look, double width, const PlotTheme& theme) {
  return {theme.color(look), width, theme.dashes(look), true};
}

}  // namespace

Marks curve_marks(const std::vector<Series>& series, const std::vector<Look>& looks, const PanelPlace& place,
                  const PlotTheme& theme) {
  Curves curves(place, theme);
  for (size_t i = 0; i < series.size(); ++i) curves.band(series[i], looks[i]);
  for (size_t i = 0; i < series.size(); ++i) {
    const Stroke faint{at_opacity(theme.color(looks[i]), theme.faint), theme.faint_width, {}, true};
    curves.line("faint curve", series[i], series[i].faint, faint);
  }
  for (size_t i = 0; i < series.size(); ++i)
    if (!series[i].points)
      curves.line("curve", series[i], series[i].y, stroke_of(looks[i], theme.curve_width, theme));
  for (size_t i = 0; i < series.size(); ++i)
    if (looks[i].mark >= 0) curves.symbols(series[i], looks[i], series[i].points ? 0 : kBetweenMarks, i);
  return curves.take();
}

}  // namespace orrery::plots
