#include "renderers/painter.h"

#include <cmath>

namespace orrery {
namespace {

constexpr double kCircle = 0.5522847498;  // control points of a quarter circle

Point towards(Point from, Point to, double distance) {
  const double length = std::hypot(to.x - from.x, to.y - from.y);
  if (length == 0) return from;
  return {from.x + (to.x - from.x) * distance / length, from.y + (to.y - from.y) * distance / length};
}

double length(Point a, Point b) { return std::hypot(b.x - a.x, b.y - a.y); }

}  // namespace

Outline& Outline::move(Point to) {
  steps_.push_back({Verb::move, {}, {}, to});
  return *this;
}

Outline& Outline::line(Point to) {
  steps_.push_back({Verb::line, {}, {}, to});
  return *this;
}

Outline& Outline::curve(Point a, Point b, Point to) {
  steps_.push_back({Verb::curve, a, b, to});
  return *this;
}

Outline& Outline::close() {
  steps_.push_back({Verb::close, {}, {}, {}});
  return *this;
}

Outline Outline::polyline(const std::vector<Point>& points) {
  Outline result;
  for (size_t i = 0; i < points.size(); ++i) i == 0 ? result.move(points[i]) : result.line(points[i]);
  return result;
}

Outline Outline::polygon(const std::vector<Point>& corners) { return polyline(corners).close(); }

Outline Outline::rounded(const Rect& r, double radius) {
  radius = std::min({radius, r.width / 2, r.height / 2});
  const double k = radius * (1 - kCircle);
  Outline o;
  o.move({r.x + radius, r.y}).line({r.right() - radius, r.y});
  o.curve({r.right() - k, r.y}, {r.right(), r.y + k}, {r.right(), r.y + radius})
      .line({r.right(), r.bottom() - radius});
  o.curve({r.right(), r.bottom() - k}, {r.right() - k, r.bottom()}, {r.right() - radius, r.bottom()});
  o.line({r.x + radius, r.bottom()})
      .curve({r.x + k, r.bottom()}, {r.x, r.bottom() - k}, {r.x, r.bottom() - radius});
  o.line({r.x, r.y + radius}).curve({r.x, r.y + k}, {r.x + k, r.y}, {r.x + radius, r.y});
  return o.close();
}

Outline Outline::ellipse(const Rect& r) {
  const double rx = r.width / 2, ry = r.height / 2, kx = rx * kCircle, ky = ry * kCircle;
  const Point m = r.middle();
  Outline o;
  o.move({m.x, r.y}).curve({m.x + kx, r.y}, {r.right(), m.y - ky}, {r.right(), m.y});
  o.curve({r.right(), m.y + ky}, {m.x + kx, r.bottom()}, {m.x, r.bottom()});
  o.curve({m.x - kx, r.bottom()}, {r.x, m.y + ky}, {r.x, m.y})
      .curve({r.x, m.y - ky}, {m.x - kx, r.y}, {m.x, r.y});
  return o.close();
}

Outline Outline::rounded_polyline(const std::vector<Point>& points, double radius) {
  Outline result;
  for (size_t i = 0; i < points.size(); ++i) {
    if (i == 0 || i + 1 == points.size()) {
      i == 0 ? result.move(points[i]) : result.line(points[i]);
      continue;
    }
    const double r =
        std::min({radius, length(points[i - 1], points[i]) / 2, length(points[i], points[i + 1]) / 2});
    const Point begin = towards(points[i], points[i - 1], r), end = towards(points[i], points[i + 1], r);
    result.line(begin);
    result.curve(towards(begin, points[i], r * kCircle), towards(end, points[i], r * kCircle), end);
  }
  return result;
}

}  // namespace orrery
