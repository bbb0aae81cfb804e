#include <cmath>
#include <numbers>

#include "renderers/stages/piece.h"

namespace orrery {
namespace {

std::vector<Point> corners_of(const PictureShape& shape) {
  if (shape.form == PictureShape::Form::polygon) return shape.corners;
  const Rect r = shape.bounds();
  if (shape.form == PictureShape::Form::rounded)
    return {{r.x, r.y}, {r.right(), r.y}, {r.right(), r.bottom()}, {r.x, r.bottom()}};
  std::vector<Point> corners;
  const int count = 64;
  for (int i = 0; i < count; ++i) {
    const double angle = 2 * std::numbers::pi * i / count;
    corners.push_back(
        {r.middle().x + r.width / 2 * std::cos(angle), r.middle().y + r.height / 2 * std::sin(angle)});
  }
  return corners;
}

// How far along the ray an edge is met; nothing when it is not. Turned so that the ray goes to the right
// along the horizontal axis.
std::optional<double> met(Point a, Point b) {
  if ((a.y > 0) == (b.y > 0)) return {};
  const double x = a.x + (b.x - a.x) * (0 - a.y) / (b.y - a.y);
  return x >= -1e-9 ? std::optional(x) : std::nullopt;
}

}  // namespace

std::optional<Point> first_hit(const Piece& piece, Point origin, Point from, Point by) {
  const auto turned = [&](Point p) {
    const Point q = p + origin - from;
    return Point{q.x * by.x + q.y * by.y, q.y * by.x - q.x * by.y};
  };
  std::optional<double> best;
  for (const PictureShape& shape : piece.drawing.shapes) {
    const std::vector<Point> corners = corners_of(shape);
    for (size_t i = 0; i < corners.size(); ++i)
      if (const auto at = met(turned(corners[i]), turned(corners[(i + 1) % corners.size()])))
        best = best ? std::min(*best, *at) : *at;
  }
  if (!best) return {};
  return Point{from.x + by.x * *best, from.y + by.y * *best};
}

}  // namespace orrery
