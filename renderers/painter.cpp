#include "renderers/painter.h"

#include <algorithm>
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

// Of the dots in some columns and rows.
Color mean_color(const Raster& raster, int left, int right, int top, int bottom) {
  double sums[3] = {};
  for (int y = top; y < bottom; ++y)
    for (int x = left; x < right; ++x)
      for (int c = 0; c < 3; ++c) sums[c] += raster.rgb[(static_cast<size_t>(y) * raster.width + x) * 3 + c];
  const double all = 255.0 * (right - left) * (bottom - top);
  return {sums[0] / all, sums[1] / all, sums[2] / all};
}

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

// Each tile reaches under those after it: edge beside edge would show the paper between them.
void Painter::image(const Raster& raster, Point at, Point right, Point down) {
  constexpr int kMostTiles = 32;
  const int columns = std::min(raster.width, kMostTiles), rows = std::min(raster.height, kMostTiles);
  const auto corner = [&](double column, double row) {
    const double x = column / columns, y = row / rows;
    return Point{at.x + right.x * x + down.x * y, at.y + right.y * x + down.y * y};
  };
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < columns; ++column)
      draw(Outline::polygon(
               {corner(column, row), corner(columns, row), corner(columns, rows), corner(column, rows)}),
           mean_color(raster, raster.width * column / columns, raster.width * (column + 1) / columns,
                      raster.height * row / rows, raster.height * (row + 1) / rows),
           {});
}

}  // namespace orrery
