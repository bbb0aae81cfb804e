#include "renderers/plots/legend.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace orrery::plots {
namespace {

constexpr double kSample = 17;  // length of a piece of line
constexpr double kAfterSample = 4;
constexpr double kBetweenEntries = 12;
constexpr double kLine = 1.3;  // height, in that of the text
constexpr double kLeastName = 30;
constexpr size_t kMostEntries = 24;

struct Entry {
  LegendEntry asked;
  std::string name;
  Size size;
};

std::vector<LegendEntry> limited(std::vector<LegendEntry> entries) {
  if (entries.size() <= kMostEntries) return entries;
  const size_t more = entries.size() - kMostEntries + 1;
  entries.resize(kMostEntries - 1);
  entries.push_back({.name = fmt::format("and {} more", more), .look = {}, .line = false});
  return entries;
}

std::vector<Entry> measured(const std::vector<LegendEntry>& asked, double width, const PlotTheme& theme,
                            TextMeasure& measure) {
  std::vector<Entry> entries;
  const double most = std::max(width - kSample - kAfterSample, kLeastName);
  for (const LegendEntry& one : limited(asked)) {
    std::string name = fitted(one.name, theme.legend, most, measure);
    const Size size = measure.measure(name, theme.legend);
    entries.push_back({one, std::move(name), {kSample + kAfterSample + size.width, size.height * kLine}});
  }
  return entries;
}

void add_entry(Marks& marks, const Entry& entry, Point at, const PlotTheme& theme, TextMeasure& measure) {
  const LegendEntry& asked = entry.asked;
  const Color color = asked.quiet ? theme.quiet : theme.color(asked.look);
  const double y = at.y + entry.size.height / 2, right = at.x + kSample;
  if (asked.band)
    marks.push_back(area_mark("legend band", {{at.x, y - 3}, {right, y - 3}, {right, y + 3}, {at.x, y + 3}},
                              at_opacity(color, theme.band)));
  if (asked.line)
    marks.push_back(line_mark("legend line", {{at.x, y}, {right, y}},
                              {color, theme.curve_width, theme.dashes(asked.look), true}));
  if (asked.look.mark >= 0)
    marks.push_back(symbol_mark("legend mark", {at.x + kSample / 2, y}, theme.symbol(asked.look),
                                theme.mark_width, color));
  const double text_height = entry.size.height / kLine;
  marks.push_back(text_mark("legend name", entry.name, theme.legend, theme.text,
                            {right + kAfterSample, y - text_height / 2}, measure));
}

Point between(Point a, Point b, double share) {
  return {a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share};
}

double distance(const Rect& rect, Point p) {
  const double dx = std::max({rect.x - p.x, 0.0, p.x - rect.right()});
  const double dy = std::max({rect.y - p.y, 0.0, p.y - rect.bottom()});
  return std::hypot(dx, dy);
}

// Between two points of a curve the nearest point is looked for step by step.
double distance(const Rect& rect, Point a, Point b) {
  constexpr double kStep = 1.5;
  const int steps = std::clamp(static_cast<int>(std::hypot(b.x - a.x, b.y - a.y) / kStep), 1, 2000);
  double least = distance(rect, a);
  for (int i = 1; i <= steps; ++i)
    least = std::min(least, distance(rect, between(a, b, static_cast<double>(i) / steps)));
  return least;
}

bool contains(const std::vector<Point>& corners, Point p) {
  bool in = false;
  for (size_t i = 0; i < corners.size(); ++i) {
    const Point a = corners[i], b = corners[(i + 1) % corners.size()];
    if ((a.y > p.y) != (b.y > p.y) && p.x < a.x + (b.x - a.x) * (p.y - a.y) / (b.y - a.y)) in = !in;
  }
  return in;
}

double distance(const Rect& rect, const Mark& mark) {
  if (mark.kind == Mark::Kind::area && contains(mark.points, rect.middle())) return 0;
  double least = distance(rect, mark.points.front());
  for (size_t i = 1; i < mark.points.size(); ++i)
    least = std::min(least, distance(rect, mark.points[i - 1], mark.points[i]));
  return mark.kind == Mark::Kind::symbol ? std::max(0.0, least - mark.frame.width / 2) : least;
}

}  // namespace

Legend legend_column(const std::vector<LegendEntry>& entries, double width, const PlotTheme& theme,
                     TextMeasure& measure) {
  Legend legend;
  for (const Entry& entry : measured(entries, width, theme, measure)) {
    add_entry(legend.marks, entry, {0, legend.size.height}, theme, measure);
    legend.size.height += entry.size.height;
    legend.size.width = std::max(legend.size.width, entry.size.width);
  }
  return legend;
}

Legend legend_rows(const std::vector<LegendEntry>& entries, double width, const PlotTheme& theme,
                   TextMeasure& measure) {
  Legend legend;
  const std::vector<Entry> found = measured(entries, width, theme, measure);
  double widest = 0, whole = 0;
  for (const Entry& entry : found) {
    widest = std::max(widest, entry.size.width + kBetweenEntries);
    whole += entry.size.width + kBetweenEntries;
  }
  const bool one_row = whole - kBetweenEntries <= width;
  const auto columns =
      std::max<size_t>(1, static_cast<size_t>((width + kBetweenEntries) / std::max(widest, 1.0)));
  Point at;
  for (size_t i = 0; i < found.size(); ++i) {
    const size_t column = one_row ? i : i % columns;
    if (column == 0) at.x = 0;
    if (column == 0 && i > 0) at.y += found[i].size.height;
    add_entry(legend.marks, found[i], at, theme, measure);
    legend.size.width = std::max(legend.size.width, at.x + found[i].size.width);
    legend.size.height = at.y + found[i].size.height;
    at.x += one_row ? found[i].size.width + kBetweenEntries : widest;
  }
  return legend;
}

void append_moved(Marks& to, const Marks& marks, Point by) {
  for (Mark mark : marks) {
    for (Point& point : mark.points) point = point + by;
    mark.frame = mark.frame.moved(by);
    to.push_back(std::move(mark));
  }
}

double clearance(const Rect& rect, const Marks& marks) {
  double least = 1e9;
  for (const Mark& mark : marks) {
    if (mark.points.empty()) continue;
    least = std::min(least, distance(rect, mark));
    if (least == 0) break;
  }
  return least;
}

}  // namespace orrery::plots
