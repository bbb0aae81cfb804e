#include "renderers/plots/clip.h"

#include <cmath>
#include <functional>
#include <optional>

namespace orrery::plots {
namespace {

struct Span {
  double begin = 0, end = 1;
};

// One side of Liang and Barsky's algorithm (ACM TOG 3(1), 1984): keeps where p·t ≤ q.
bool cut(Span& span, double p, double q) {
  if (p == 0) return q >= 0;
  const double t = q / p;
  if (p < 0) span.begin = std::max(span.begin, t);
  if (p > 0) span.end = std::min(span.end, t);
  return span.begin <= span.end;
}

std::optional<Span> inside(Point a, Point b, const Rect& to) {
  const double dx = b.x - a.x, dy = b.y - a.y;
  Span span;
  const bool some = cut(span, -dx, a.x - to.x) && cut(span, dx, to.right() - a.x) &&
                    cut(span, -dy, a.y - to.y) && cut(span, dy, to.bottom() - a.y);
  return some ? std::optional(span) : std::nullopt;
}

Point between(Point a, Point b, double share) {
  if (share == 0) return a;
  if (share == 1) return b;
  return {a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share};
}

// One side of Sutherland and Hodgman's algorithm (CACM 17(1), 1974): `depth` is 0 on the side, above 0
// inside.
Polyline cut_off(const Polyline& corners, const std::function<double(Point)>& depth) {
  Polyline kept;
  for (size_t i = 0; i < corners.size(); ++i) {
    const Point a = corners[i], b = corners[(i + 1) % corners.size()];
    const double da = depth(a), db = depth(b);
    if (da >= 0) kept.push_back(a);
    if ((da > 0 && db < 0) || (da < 0 && db > 0)) kept.push_back(between(a, b, da / (da - db)));
  }
  return kept;
}

bool runs_right(const Polyline& line) {
  for (size_t i = 1; i < line.size(); ++i)
    if (line[i].x < line[i - 1].x) return false;
  return true;
}

// The first, the lowest, the highest and the last of line[begin, end), in their order.
void add_column(Polyline& to, const Polyline& line, size_t begin, size_t end) {
  size_t low = begin, high = begin;
  for (size_t i = begin; i < end; ++i) {
    if (line[i].y < line[low].y) low = i;
    if (line[i].y > line[high].y) high = i;
  }
  size_t last = end;  // none yet
  for (size_t i : {begin, std::min(low, high), std::max(low, high), end - 1})
    if (last == end || i > last) to.push_back(line[last = i]);
}

}  // namespace

std::vector<Polyline> clipped_line(const Polyline& line, const Rect& to) {
  std::vector<Polyline> parts;
  bool goes_on = false;
  for (size_t i = 1; i < line.size(); ++i) {
    const std::optional<Span> span = inside(line[i - 1], line[i], to);
    if (span) {
      if (!goes_on || span->begin > 0) parts.push_back({between(line[i - 1], line[i], span->begin)});
      parts.back().push_back(between(line[i - 1], line[i], span->end));
    }
    goes_on = span && span->end == 1;
  }
  return parts;
}

Polyline clipped_area(const Polyline& corners, const Rect& to) {
  Polyline kept = cut_off(corners, [&](Point p) { return p.x - to.x; });
  kept = cut_off(kept, [&](Point p) { return to.right() - p.x; });
  kept = cut_off(kept, [&](Point p) { return p.y - to.y; });
  return cut_off(kept, [&](Point p) { return to.bottom() - p.y; });
}

Polyline thinned(const Polyline& line, double width) {
  if (line.size() < 5 || !runs_right(line)) return line;
  Polyline kept;
  for (size_t begin = 0; begin < line.size();) {
    const double column = std::floor(line[begin].x / width);
    size_t end = begin + 1;
    while (end < line.size() && std::floor(line[end].x / width) == column) ++end;
    add_column(kept, line, begin, end);
    begin = end;
  }
  return kept;
}

}  // namespace orrery::plots
