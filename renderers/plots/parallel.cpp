#include "renderers/plots/parallel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "renderers/image_format.h"
#include "renderers/plots/axis.h"
#include "renderers/plots/palette.h"
#include "runtime/core/error.h"

namespace orrery::plots {
namespace {

constexpr double kBetweenAxes = 84;  // points, where the width is free
constexpr double kLeastPage = 238;   // of a page whose width is free: a column of a paper
constexpr double kNarrowest = 30;    // between axes
constexpr double kAxisHeight = 150;  // where the height is free
constexpr double kShortest = 60;     // of an axis
constexpr size_t kCaptionLines = 3;
constexpr double kBelow = 15;        // from an axis' end to what has no value
constexpr double kStrip = 6;         // width of the strip of colours
constexpr double kMostLabel = 60;    // of a category or a title, where the room is free
constexpr int kShades = 48;          // of the strip
constexpr double kMostSpread = 6;    // of lines that meet, to one side
constexpr double kSpreadStep = 1.4;  // between two of them

bool has_value(double value) { return std::isfinite(value); }

void check_parallel(const ParallelFigure& figure) {
  const size_t count = figure.coordinates.size();
  check(count >= 2, Fault::usage, "parallel coordinates need two axes or more, got {}", count);
  check(figure.coordinates.back().categories.empty(), Fault::usage,
        "the last axis '{}' colours the lines and must have numbers", figure.coordinates.back().axis.label);
  for (const Course& course : figure.courses) {
    check(course.values.size() == count, Fault::usage, "'{}' has {} values for {} axes", course.name,
          course.values.size(), count);
    for (size_t i = 0; i < count; ++i) {
      const auto names = static_cast<double>(figure.coordinates[i].categories.size());
      const double value = course.values[i];
      check(names == 0 || !has_value(value) || (value >= 0 && value < names && value == std::floor(value)),
            Fault::usage, "'{}' has the category {} of '{}', which has {}", course.name, value,
            figure.coordinates[i].axis.label, names);
    }
  }
}

/// Lays a figure out; the members are what the passes have found so far.
class ParallelLayout {
 public:
  ParallelLayout(const ParallelFigure& figure, const PlotTheme& theme, TextMeasure& measure)
      : figure_(figure), theme_(theme), measure_(measure), count_(figure.coordinates.size()) {}

  Plot made() {
    check_parallel(figure_);
    take_scalings();
    place_down();
    take_ticks();
    place_across();
    take_caption();
    spread();
    for (const size_t at : drawing_order()) draw_course(at);
    for (size_t i = 0; i < count_; ++i) draw_axis(i);
    draw_texts();
    return {page_, std::move(marks_)};
  }

 private:
  bool categories(size_t i) const { return !figure_.coordinates[i].categories.empty(); }

  void take_scalings() {
    for (size_t i = 0; i < count_; ++i) {
      const Coordinate& coordinate = figure_.coordinates[i];
      PlacedAxis axis{.side = i + 1 == count_ ? Side::right : Side::left};
      Extent extent;
      for (const Course& course : figure_.courses) extent.take(course.values[i], coordinate.axis.scale);
      axis.scaling = scaling_of(coordinate.axis, extent, i + 1 == count_ ? 0.02 : 0.04);
      if (categories(i)) {
        const auto names = static_cast<double>(coordinate.categories.size());
        axis.scaling = {.from = -0.5, .to = names - 0.5};
      }
      axes_.push_back(axis);
    }
  }

  // A value that the axis has no place for passes below it.
  bool on_axis(size_t i, const Course& course) const {
    return has_value(course.values[i]) && axes_[i].scaling.holds(course.values[i]);
  }

  bool any_below() const {
    for (const Course& course : figure_.courses)
      for (size_t i = 0; i < count_; ++i)
        if (!on_axis(i, course)) return true;
    return false;
  }

  void place_down() {
    const double line = measure_.measure("x", theme_.label).height;
    title_at_ = theme_.margin;
    double y = title_at_ + (figure_.title.empty() ? 0 : measure_.measure("x", theme_.title).height + 3);
    legend_at_ = y;
    if (!legend_words().empty()) y += measure_.measure("x", theme_.legend).height + 4;
    labels_at_ = y;
    top_ = y + line + 6;
    below_ = any_below() ? kBelow : 0;
    const double line_of_caption = measure_.measure("x", theme_.caption).height;
    const double under = theme_.margin + (figure_.caption.empty() ? 0 : 3 + kCaptionLines * line_of_caption);
    const double asked = figure_.height_mm * kPointsPerMillimetre;
    bottom_ = asked > 0 ? asked - under - below_ - 4 : top_ + kAxisHeight;
    check(bottom_ - top_ >= kShortest, Fault::usage,
          "a height of {} mm is too small for parallel coordinates", figure_.height_mm);
    for (PlacedAxis& axis : axes_) axis.scaling.begin = bottom_, axis.scaling.end = top_;
  }

  // The values of a setting; of the outcome none, which is measured and not chosen.
  std::vector<double> chosen(size_t i) const {
    std::vector<double> values;
    for (const Course& course : figure_.courses)
      if (i + 1 < count_ && on_axis(i, course)) values.push_back(course.values[i]);
    return values;
  }

  void take_ticks() {
    for (size_t i = 0; i < count_; ++i) {
      const Coordinate& coordinate = figure_.coordinates[i];
      for (size_t k = 0; k < coordinate.categories.size(); ++k)
        axes_[i].ticks.push_back(
            {static_cast<double>(k), fitted(coordinate.categories[k], theme_.tick, kMostLabel, measure_)});
      const TickRoom room{.across = false, .style = theme_.tick, .least_gap = 4};
      if (!categories(i)) axes_[i].ticks = ticks_at(chosen(i), axes_[i].scaling, room, measure_);
      if (axes_[i].ticks.empty())
        axes_[i].ticks = ticks_of(coordinate.axis, axes_[i].scaling, room, measure_);
      if (lacks(i)) axes_[i].ticks.push_back(below_tick(axes_[i]));
    }
  }

  // The last one, which colours the lines, is bold.
  TextStyle title_style(size_t i) const { return {theme_.label.size, i + 1 == count_}; }

  // A title may take what its neighbours leave.
  double room_for_title(size_t i) const {
    double room = std::numeric_limits<double>::infinity();
    if (i > 0) room = std::min(room, 2 * (between_ - 8) - title_width(i - 1));
    if (i + 1 < count_) room = std::min(room, 2 * (between_ - 8) - title_width(i + 1));
    return std::clamp(room, between_ - 8, std::max(between_ - 8, 2 * kMostLabel));
  }

  double title_width(size_t i) const {
    const std::string title =
        fitted(title_of(figure_.coordinates[i].axis), title_style(i), 2 * kMostLabel, measure_);
    return measure_.measure(title, title_style(i)).width;
  }

  void place_across() {
    const double left = theme_.margin + std::max(room_beside(axes_[0], theme_, measure_), title_width(0) / 2);
    const double right = theme_.margin + std::max(kStrip + room_beside(axes_.back(), theme_, measure_),
                                                  title_width(count_ - 1) / 2);
    double between = std::max(kBetweenAxes, (kLeastPage - left - right) / static_cast<double>(count_ - 1));
    for (size_t i = 1; i < count_; ++i)
      between = std::max({between, room_beside(axes_[i], theme_, measure_) + kNarrowest,
                          (title_width(i - 1) + title_width(i)) / 2 + 8});
    const double gaps = static_cast<double>(count_ - 1), asked = figure_.width_mm * kPointsPerMillimetre;
    if (asked > 0) between = (asked - left - right) / gaps;
    check(between >= kNarrowest, Fault::usage, "a width of {} mm is too small for {} axes", figure_.width_mm,
          count_);
    for (size_t i = 0; i < count_; ++i) axes_[i].across = left + static_cast<double>(i) * between;
    between_ = between;
    page_.width = axes_.back().across + right;
  }

  // A page that is as high as it needs ends below the caption.
  void take_caption() {
    caption_ =
        wrapped(figure_.caption, theme_.caption, page_.width - 2 * theme_.margin, kCaptionLines, measure_);
    const double line = measure_.measure("x", theme_.caption).height;
    page_.height = bottom_ + below_ + 4 + theme_.margin;
    if (!caption_.empty()) page_.height += 3 + static_cast<double>(caption_.size()) * line;
    if (figure_.height_mm > 0) page_.height = figure_.height_mm * kPointsPerMillimetre;
  }

  double height_at(size_t i, const Course& course) const {
    return on_axis(i, course) ? axes_[i].scaling.at(course.values[i]) : bottom_ + kBelow;
  }

  // From the lowest to the highest on the last axis, so that lines that meet cross no more than they must.
  std::vector<size_t> by_outcome() const {
    std::vector<size_t> order(figure_.courses.size());
    for (size_t at = 0; at < order.size(); ++at) order[at] = at;
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return height_at(count_ - 1, figure_.courses[a]) < height_at(count_ - 1, figure_.courses[b]);
    });
    return order;
  }

  void spread() {
    heights_.assign(figure_.courses.size(), std::vector<double>(count_));
    const std::vector<size_t> order = by_outcome();
    for (size_t i = 0; i < count_; ++i) {
      std::map<double, std::vector<size_t>> meeting;
      for (const size_t at : order) meeting[height_at(i, figure_.courses[at])].push_back(at);
      for (auto it = meeting.begin(); it != meeting.end(); ++it) {
        double room = kMostSpread;
        if (it != meeting.begin()) room = std::min(room, 0.3 * (it->first - std::prev(it)->first));
        if (std::next(it) != meeting.end()) room = std::min(room, 0.3 * (std::next(it)->first - it->first));
        spread_at(i, it->first, it->second, i + 1 == count_ ? 0 : room);
      }
    }
  }

  void spread_at(size_t i, double height, const std::vector<size_t>& courses, double room) {
    const double steps = static_cast<double>(courses.size() - 1) / 2,
                 half = std::min(room, steps * kSpreadStep);
    for (size_t k = 0; k < courses.size(); ++k)
      heights_[courses[k]][i] = height + (steps > 0 ? half * (static_cast<double>(k) - steps) / steps : 0);
  }

  bool is_best(size_t at) const { return static_cast<int>(at) == figure_.best; }

  // The worst first; the best lies on all others.
  std::vector<size_t> drawing_order() const {
    std::vector<size_t> order = by_outcome();
    if (!figure_.rising) std::reverse(order.begin(), order.end());
    std::reverse(order.begin(), order.end());
    const auto has_none = [&](size_t at) { return !on_axis(count_ - 1, figure_.courses[at]); };
    std::stable_partition(order.begin(), order.end(), has_none);
    std::stable_partition(order.begin(), order.end(), [&](size_t at) { return !is_best(at); });
    return order;
  }

  // Of a place on the last axis, 0 below: dark is better.
  Color color_at(double share) const { return palette_color(figure_.rising ? 1 - share : share); }

  Color color_of(const Course& course) const {
    if (!on_axis(count_ - 1, course)) return rgb(0x8a8a8a);
    const double y = axes_.back().scaling.at(course.values.back());
    return color_at((bottom_ - y) / (bottom_ - top_));
  }

  void draw_course(size_t at) {
    const Course& course = figure_.courses[at];
    std::vector<Point> points;
    for (size_t i = 0; i < count_; ++i) points.push_back({axes_[i].across, heights_[at][i]});
    const Color color = color_of(course);
    const size_t all = figure_.courses.size();
    Stroke stroke{at_opacity(color, all > 150 ? 0.5 : 0.85), all > 150 ? 0.6 : 1.1};
    if (!course.done) stroke.dashes = {3, 2};
    if (!is_best(at)) return marks_.push_back(line_mark("course", points, stroke));
    marks_.push_back(line_mark("around the best", points, {rgb(0xffffff), 4.4}));
    marks_.push_back(line_mark("best", points, {color, 2.6, stroke.dashes}));
    for (const Point& point : points)
      marks_.push_back(symbol_mark("best value", point, Symbol::circle, theme_.mark_width + 0.8, color));
  }

  void draw_axis(size_t i) {
    const bool last = i + 1 == count_;
    if (last) draw_strip();
    PlacedAxis axis = axes_[i];
    if (last) axis.across += kStrip;
    for (const Mark& mark : axis_marks(axis, theme_, measure_)) {
      if (mark.kind == Mark::Kind::text && !last) marks_.push_back(backing(mark.frame));
      marks_.push_back(mark);
    }
    const std::string title =
        fitted(title_of(figure_.coordinates[i].axis), title_style(i), room_for_title(i), measure_);
    const double width = measure_.measure(title, title_style(i)).width;
    marks_.push_back(text_mark("axis title", title, title_style(i), theme_.text,
                               {axes_[i].across - width / 2, labels_at_}, measure_));
  }

  bool lacks(size_t i) const {
    return std::any_of(figure_.courses.begin(), figure_.courses.end(),
                       [&](const Course& course) { return !on_axis(i, course); });
  }

  // The value whose place lies so far below the axis' end.
  Tick below_tick(const PlacedAxis& axis) const {
    const Scaling& s = axis.scaling;
    const double share = (bottom_ + kBelow - s.begin) / (s.end - s.begin);
    const double value =
        s.scale == Scale::log ? s.from * std::pow(s.to / s.from, share) : s.from + (s.to - s.from) * share;
    return {value, "none"};
  }

  // Labels stay readable where lines pass behind them.
  static Mark backing(const Rect& frame) {
    const Rect r = frame.grown(0.6);
    return area_mark("behind a label",
                     {{r.x, r.y}, {r.right(), r.y}, {r.right(), r.bottom()}, {r.x, r.bottom()}},
                     at_opacity(rgb(0xffffff), 0.78));
  }

  void draw_strip() {
    const double x = axes_.back().across, step = (bottom_ - top_) / kShades;
    for (int shade = 0; shade < kShades; ++shade) {
      const double low = bottom_ - shade * step, high = low - step;
      // They overlap a little: else viewers show seams.
      const double end = shade + 1 < kShades ? high - 0.3 : high;
      marks_.push_back(area_mark("colours", {{x, low}, {x + kStrip, low}, {x + kStrip, end}, {x, end}},
                                 color_at((shade + 0.5) / kShades)));
    }
  }

  std::vector<std::pair<std::string, Stroke>> legend_words() const {
    std::vector<std::pair<std::string, Stroke>> entries;
    if (figure_.best >= 0) {
      const Course& best = figure_.courses.at(static_cast<size_t>(figure_.best));
      entries.push_back({"best: " + best.name, {color_of(best), 2.6}});
    }
    const auto broken = std::count_if(figure_.courses.begin(), figure_.courses.end(),
                                      [](const Course& course) { return !course.done; });
    if (broken > 0) entries.push_back({fmt::format("not done ({})", broken), {theme_.quiet, 1.1, {3, 2}}});
    return entries;
  }

  void draw_texts() {
    const double room = page_.width - 2 * theme_.margin;
    if (!figure_.title.empty())
      marks_.push_back(text_mark("title", fitted(figure_.title, theme_.title, room, measure_), theme_.title,
                                 theme_.text, {theme_.margin, title_at_}, measure_));
    double x = theme_.margin;
    for (const auto& [words, stroke] : legend_words()) {
      const std::string text = fitted(words, theme_.legend, room / 2, measure_);
      const Size size = measure_.measure(text, theme_.legend);
      marks_.push_back(line_mark("legend line",
                                 {{x, legend_at_ + size.height / 2}, {x + 16, legend_at_ + size.height / 2}},
                                 stroke));
      marks_.push_back(text_mark("legend", text, theme_.legend, theme_.text, {x + 20, legend_at_}, measure_));
      x += 20 + size.width + 14;
    }
    double y = bottom_ + below_ + 7;
    for (const std::string& line : caption_) {
      marks_.push_back(
          text_mark("caption", line, theme_.caption, theme_.quiet, {theme_.margin, y}, measure_));
      y += measure_.measure(line, theme_.caption).height;
    }
  }

  const ParallelFigure& figure_;
  const PlotTheme& theme_;
  TextMeasure& measure_;
  const size_t count_;
  std::vector<PlacedAxis> axes_;
  double title_at_ = 0, legend_at_ = 0, labels_at_ = 0, top_ = 0, bottom_ = 0, below_ = 0, between_ = 0;
  std::vector<std::vector<double>> heights_;  ///< by course and axis
  std::vector<std::string> caption_;
  Size page_;
  Marks marks_;
};

}  // namespace

Plot lay_out(const ParallelFigure& figure, const PlotTheme& theme, TextMeasure& measure) {
  return ParallelLayout(figure, theme, measure).made();
}

std::string draw_parallel(const ParallelFigure& figure, const std::string& format, double dpi) {
  Fonts fonts;
  const Plot plot = lay_out(figure, PlotTheme{}, fonts);
  return draw_marks(plot.marks, plot.page, format, dpi, fonts);
}

std::string parallel_json(const ParallelFigure& figure) {
  Fonts fonts;
  const Plot plot = lay_out(figure, PlotTheme{}, fonts);
  return marks_json(plot.marks, plot.page);
}

}  // namespace orrery::plots
