#include "tests/renderers/layout_quality.h"

#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace orrery::test {
namespace {

struct Segment {
  Point from, to;
};

double turn(Point a, Point b, Point c) { return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x); }

// Inside both of them: an end that touches is no crossing.
bool cross(const Segment& s, const Segment& t) {
  const double a = turn(s.from, s.to, t.from), b = turn(s.from, s.to, t.to);
  const double c = turn(t.from, t.to, s.from), d = turn(t.from, t.to, s.to);
  return a * b < 0 && c * d < 0;
}

Point crossing_of(const Segment& s, const Segment& t) {
  const double a = turn(t.from, t.to, s.from), b = turn(t.from, t.to, s.to);
  const double part = a / (a - b);
  return {s.from.x + part * (s.to.x - s.from.x), s.from.y + part * (s.to.y - s.from.y)};
}

using Place = std::pair<long, long>;
Place place_of(Point p) { return {std::lround(p.x * 10), std::lround(p.y * 10)}; }

// The crossings of two lines, as places, so that a stretch which several lines share counts once.
void add_crossings(const DrawnLine& a, const DrawnLine& b, std::set<Place>& places) {
  for (size_t i = 1; i < a.path.size(); ++i)
    for (size_t k = 1; k < b.path.size(); ++k) {
      const Segment s{a.path[i - 1], a.path[i]}, t{b.path[k - 1], b.path[k]};
      if (cross(s, t)) places.insert(place_of(crossing_of(s, t)));
    }
}

Rect around(const std::vector<Point>& path) {
  Rect r{path[0].x, path[0].y, 0, 0};
  for (Point p : path) {
    const double right = std::max(r.right(), p.x), bottom = std::max(r.bottom(), p.y);
    r.x = std::min(r.x, p.x), r.y = std::min(r.y, p.y);
    r.width = right - r.x, r.height = bottom - r.y;
  }
  return r;
}

long crossings_of(const std::vector<DrawnLine>& lines) {
  std::vector<Rect> around_lines;
  for (const DrawnLine& line : lines) around_lines.push_back(around(line.path).grown(1));
  std::map<std::pair<int, int>, std::set<Place>> places;  // by the boxes that the lines come from
  for (size_t a = 0; a < lines.size(); ++a)
    for (size_t b = a + 1; b < lines.size(); ++b)
      if (lines[a].source != lines[b].source && around_lines[a].overlaps(around_lines[b]))
        add_crossings(lines[a], lines[b], places[std::minmax(lines[a].source, lines[b].source)]);
  long count = 0;
  for (const auto& [boxes, found] : places) count += static_cast<long>(found.size());
  return count;
}

bool bends(Point a, Point b, Point c) {
  const double lengths = std::hypot(b.x - a.x, b.y - a.y) * std::hypot(c.x - b.x, c.y - b.y);
  return std::abs(turn(a, b, c)) > 0.02 * lengths;
}

long bends_of(const std::vector<DrawnLine>& lines) {
  std::set<std::pair<int, Place>> found;
  for (const DrawnLine& line : lines)
    for (size_t i = 1; i + 1 < line.path.size(); ++i)
      if (bends(line.path[i - 1], line.path[i], line.path[i + 1]))
        found.insert({line.source, place_of(line.path[i])});
  return static_cast<long>(found.size());
}

}  // namespace

LayoutQuality quality_of(const std::vector<Rect>& boxes, const std::vector<DrawnLine>& lines) {
  LayoutQuality quality{.crossings = crossings_of(lines), .bends = bends_of(lines)};
  std::vector<Point> corners;
  for (const Rect& box : boxes) corners.insert(corners.end(), {{box.x, box.y}, {box.right(), box.bottom()}});
  for (const DrawnLine& line : lines) {
    corners.insert(corners.end(), line.path.begin(), line.path.end());
    for (size_t i = 1; i < line.path.size(); ++i)
      quality.length +=
          std::abs(line.path[i].x - line.path[i - 1].x) + std::abs(line.path[i].y - line.path[i - 1].y);
  }
  if (corners.empty()) return quality;
  const Rect page = around(corners);
  quality.area = page.width * page.height;
  return quality;
}

LayoutQuality quality_of(const layout::Sketch& sketch) {
  std::vector<Rect> boxes;
  std::vector<DrawnLine> lines;
  for (const auto& box : sketch.boxes)
    if (!box.frame) boxes.push_back(box.at);
  for (const auto& net : sketch.nets)
    for (const auto& sink : net.sinks) lines.push_back({net.source, sink.box, sink.path});
  return quality_of(boxes, lines);
}

}  // namespace orrery::test
