#include <algorithm>
#include <cmath>
#include <map>

#include "renderers/image_format.h"
#include "renderers/plots/axis.h"
#include "renderers/plots/curves.h"
#include "renderers/plots/legend.h"
#include "renderers/plots/looks.h"
#include "renderers/plots/plot.h"
#include "runtime/core/error.h"

namespace orrery::plots {
namespace {

constexpr double kMarginAcross = 0.015, kMarginUp = 0.05;  // shares of an axis
constexpr double kOnePanel = 0.52, kSeveralPanels = 0.36;  // heights, in the page's width
constexpr double kLeastPanel = 40, kMostPanel = 260;       // points
constexpr double kLeastWidth = 40;                         // of a panel, in points
constexpr double kBetweenTexts = 3;
constexpr double kInset = 6;            // of a legend inside a panel
constexpr double kLeastClearance = 4;   // of a legend from curves
constexpr double kWide = 9;             // of a legend from curves: no other place is looked for
constexpr double kWidestLegend = 0.62;  // inside, in the panel's width

class Layouter {
 public:
  Layouter(const Figure& figure, const PlotTheme& theme, TextMeasure& measure)
      : figure_(figure), theme_(theme), measure_(measure), looks_(looks_of(figure)) {
    page_.width = figure.width_mm * kPointsPerMillimetre;
  }

  Plot run() {
    const bool wanted = figure_.legend != LegendPlace::none && !looks_.entries.empty();
    const bool inside = wanted && figure_.legend == LegendPlace::automatic;
    lay_out(wanted && !inside);
    if (inside && !put_legend_inside()) lay_out(true);
    return {page_, std::move(marks_)};
  }

 private:
  double inner_width() const { return page_.width - 2 * theme_.margin; }
  double line_height(const TextStyle& style) { return measure_.measure("N", style).height; }

  // From the top to the bottom; what lies beside the panels is known once their heights are.
  void lay_out(bool legend_above) {
    marks_.clear(), curves_.clear(), places_.clear();
    double y = theme_.margin;
    put_lines("title", wrapped(figure_.title, theme_.title, inner_width(), 3, measure_), theme_.title,
              theme_.text, y);
    if (legend_above) put_legend_above(y);
    make_places(y);
    for (size_t i = 0; i < figure_.panels.size(); ++i) draw_panel(i);
    y = places_.back().inside.bottom() + foot_height();
    put_x_title(y);
    put_caption(y);
    page_.height = figure_.height_mm > 0 ? figure_.height_mm * kPointsPerMillimetre : y + theme_.margin;
  }

  void put_lines(const std::string& role, const std::vector<std::string>& lines, const TextStyle& style,
                 Color color, double& y) {
    for (const std::string& line : lines) {
      marks_.push_back(text_mark(role, line, style, color, {theme_.margin, y}, measure_));
      y += marks_.back().frame.height;
    }
    if (!lines.empty()) y += kBetweenTexts;
  }

  void put_legend_above(double& y) {
    const Legend legend = legend_rows(looks_.entries, inner_width(), theme_, measure_);
    append_moved(marks_, legend.marks, {theme_.margin, y});
    y += legend.size.height + kBetweenTexts;
  }

  // Ticks and labels of the horizontal axis.
  double foot_height() {
    return theme_.tick_length + theme_.between_tick_and_label + line_height(theme_.tick);
  }

  std::vector<std::string> caption_lines() {
    return wrapped(figure_.caption, theme_.caption, inner_width(), 4, measure_);
  }

  // All that is below the last panel.
  double below() {
    double height = foot_height() + theme_.margin;
    if (!title_of(figure_.x).empty()) height += line_height(theme_.label) + 1;
    const size_t lines = caption_lines().size();
    return lines == 0 ? height
                      : height + static_cast<double>(lines) * line_height(theme_.caption) + 2 * kBetweenTexts;
  }

  // The label of a vertical axis stands above it, so that it is read without turning the head. The topmost
  // tick's label reaches half its height above the panel.
  double head_height(const Panel& panel) {
    const double half_tick = line_height(theme_.tick) / 2;
    return title_of(panel.y).empty() ? half_tick + 1 : line_height(theme_.label) + half_tick + 1.5;
  }

  double panel_height(double top) {
    const auto count = static_cast<double>(figure_.panels.size());
    if (figure_.height_mm == 0) {
      const double share = figure_.panels.size() == 1 ? kOnePanel : kSeveralPanels;
      return std::clamp(page_.width * share, kLeastPanel * 2, kMostPanel);
    }
    double rest =
        figure_.height_mm * kPointsPerMillimetre - top - below() - (count - 1) * theme_.between_panels;
    for (const Panel& panel : figure_.panels) rest -= head_height(panel);
    check(rest / count >= kLeastPanel, Fault::usage,
          "a plot of {:g} mm is too low for its {}: each would be {:.0f} points high, and needs {:.0f}; "
          "give more height, or less text",
          figure_.height_mm, figure_.panels.size() == 1 ? "panel" : "panels", std::max(0.0, rest / count),
          kLeastPanel);
    return rest / count;
  }

  void make_places(double y) {
    const double height = panel_height(y);
    for (const Panel& panel : figure_.panels) {
      PanelPlace place{.x = scaling_of(figure_.x, extent_across(), kMarginAcross),
                       .y = scaling_of(panel.y, extent_of(panel), kMarginUp)};
      y += head_height(panel);
      place.inside = {0, y, 0, height};
      place.y.begin = y + height, place.y.end = y;
      places_.push_back(place);
      y += height + theme_.between_panels;
    }
    make_sides();
  }

  Extent extent_across() const {
    Extent extent;
    for (const Panel& panel : figure_.panels)
      for (const Series& series : panel.series) extent.take(series.x, figure_.x.scale);
    return extent;
  }

  static Extent extent_of(const Panel& panel) {
    Extent extent;
    for (const Series& series : panel.series)
      for (const auto* values : {&series.y, &series.lower, &series.upper, &series.faint})
        extent.take(*values, panel.y.scale);
    return extent;
  }

  PlacedAxis up_axis(size_t panel) {
    const TickRoom room{.across = false, .style = theme_.tick, .least_gap = 2, .least_distance = 16};
    const PanelPlace& place = places_[panel];
    return {place.y, ticks_of(figure_.panels[panel].y, place.y, room, measure_), Side::left, place.inside.x};
  }

  PlacedAxis across_axis(const PanelPlace& place) {
    const TickRoom room{.across = true, .style = theme_.tick, .least_gap = 7, .least_distance = 22};
    return {place.x, ticks_of(figure_.x, place.x, room, measure_), Side::bottom, place.inside.bottom()};
  }

  // All panels begin and end at the same x. The last label may reach beyond the axis' end, for which the axis
  // gives way; fewer or other labels may be there then.
  void make_sides() {
    double left = 0;
    for (size_t i = 0; i < places_.size(); ++i)
      left = std::max(left, room_beside(up_axis(i), theme_, measure_));
    const double begin = theme_.margin + left;
    double end = page_.width - theme_.margin - 1;
    for (int i = 0; i < 4; ++i) {
      set_sides(begin, end);
      const double over = overhang(across_axis(places_[0]));
      if (over <= 0) break;
      end -= over;
    }
    check(
        end - begin >= kLeastWidth, Fault::usage,
        "a plot of {:g} mm is too narrow: {:.0f} points are left for its curves, and they need {:.0f}; give "
        "more width",
        figure_.width_mm, std::max(0.0, end - begin), kLeastWidth);
  }

  void set_sides(double begin, double end) {
    for (PanelPlace& place : places_) {
      place.inside.x = begin, place.inside.width = std::max(end - begin, 1.0);
      place.x.begin = begin, place.x.end = begin + place.inside.width;
    }
  }

  double overhang(const PlacedAxis& axis) {
    double most = 0;
    for (const Tick& tick : axis.ticks) {
      const double half = measure_.measure(tick.label, theme_.tick).width / 2;
      most = std::max(most, axis.scaling.at(tick.value) + half - (page_.width - theme_.margin));
    }
    return most;
  }

  void draw_panel(size_t index) {
    const PanelPlace& place = places_[index];
    const Panel& panel = figure_.panels[index];
    const PlacedAxis up = up_axis(index);
    PlacedAxis across = across_axis(place);
    if (index + 1 < places_.size()) across.ticks.clear();
    draw_grid(up, place.inside);
    curves_.push_back(curve_marks(panel.series, looks_.of_series[index], place, theme_));
    append(curves_.back());
    append(axis_marks(across, theme_, measure_));
    append(axis_marks(up, theme_, measure_));
    put_head(panel, place);
    if (curves_.back().empty()) put_notice(place.inside);
  }

  void append(const Marks& more) { marks_.insert(marks_.end(), more.begin(), more.end()); }

  void draw_grid(const PlacedAxis& axis, const Rect& inside) {
    for (const Tick& tick : axis.ticks) {
      const double y = axis.scaling.at(tick.value);
      if (!tick.label.empty() && y < inside.bottom() - 0.5)
        marks_.push_back(
            line_mark("grid", {{inside.x, y}, {inside.right(), y}}, {theme_.grid, theme_.grid_width}));
    }
  }

  void put_head(const Panel& panel, const PanelPlace& place) {
    const std::string text = fitted(title_of(panel.y), theme_.label, inner_width(), measure_);
    if (text.empty()) return;
    const double y = place.inside.y - head_height(panel);
    marks_.push_back(text_mark("axis label", text, theme_.label, theme_.text, {theme_.margin, y}, measure_));
  }

  void put_notice(const Rect& inside) {
    const std::string text = "nothing to show";
    const Size size = measure_.measure(text, theme_.label);
    const Point middle = inside.middle();
    marks_.push_back(text_mark("notice", text, theme_.label, theme_.quiet,
                               {middle.x - size.width / 2, middle.y - size.height / 2}, measure_));
  }

  void put_x_title(double& y) {
    const std::string text = fitted(title_of(figure_.x), theme_.label, inner_width(), measure_);
    if (text.empty()) return;
    const double width = measure_.measure(text, theme_.label).width;
    const double centred = places_.back().inside.middle().x - width / 2;
    const double x =
        std::clamp(centred, theme_.margin, std::max(theme_.margin, page_.width - theme_.margin - width));
    marks_.push_back(text_mark("axis label", text, theme_.label, theme_.text, {x, y + 1}, measure_));
    y += marks_.back().frame.height + 1;
  }

  void put_caption(double& y) {
    const std::vector<std::string> lines = caption_lines();
    if (lines.empty()) return;
    y += kBetweenTexts;
    put_lines("caption", lines, theme_.caption, theme_.quiet, y);
  }

  // The first corner that is wide of all curves, of all panels in turn; else the place that is farthest from
  // them; false when none is free.
  bool put_legend_inside() {
    const Legend legend = legend_column(looks_.entries, page_.width, theme_, measure_);
    if (legend.size.width > places_[0].inside.width * kWidestLegend) return false;
    double best = kLeastClearance;
    Point at;
    for (size_t i = 0; i < places_.size() && best < kWide; ++i)
      for (const Rect& place : legend_places(places_[i].inside, legend.size)) {
        const double clear = places_[i].inside.contains(place) ? clearance(place, curves_[i]) : 0;
        if (clear > best) best = clear, at = {place.x, place.y};
        if (best >= kWide) break;
      }
    if (best <= kLeastClearance) return false;
    append_moved(marks_, legend.marks, at);
    return true;
  }

  // Where curves of losses and accuracies leave room most often comes first; what is no corner last.
  static std::vector<Rect> legend_places(const Rect& inside, Size size) {
    const double left = inside.x + kInset, right = inside.right() - kInset / 2 - size.width;
    const double top = inside.y + kInset / 2, bottom = inside.bottom() - kInset - size.height;
    const double middle = inside.middle().x - size.width / 2, centre = inside.middle().y - size.height / 2;
    std::vector<Rect> places;
    for (const Point& at : {Point{right, top},
                            {right, bottom},
                            {left, top},
                            {left, bottom},
                            {right, centre},
                            {middle, top},
                            {middle, bottom},
                            {left, centre}})
      places.push_back({at.x, at.y, size.width, size.height});
    return places;
  }

  const Figure& figure_;
  const PlotTheme& theme_;
  TextMeasure& measure_;
  Looks looks_;
  Size page_;
  std::vector<PanelPlace> places_;
  std::vector<Marks> curves_;  // by panel
  Marks marks_;
};

}  // namespace

Plot lay_out(const Figure& figure, const PlotTheme& theme, TextMeasure& measure) {
  check_figure(figure);
  return Layouter(figure, theme, measure).run();
}

std::string draw_plot(const Figure& figure, const std::string& format, double dpi) {
  image_format(format);
  Fonts fonts;
  const Plot plot = lay_out(figure, PlotTheme(), fonts);
  return draw_marks(plot.marks, plot.page, format, dpi, fonts);
}

std::string plot_json(const Figure& figure) {
  Fonts fonts;
  const Plot plot = lay_out(figure, PlotTheme(), fonts);
  return marks_json(plot.marks, plot.page);
}

}  // namespace orrery::plots
