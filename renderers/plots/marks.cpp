#include "renderers/plots/marks.h"

#include <cmath>

namespace orrery::plots {
namespace {

// A regular polygon, or a star when the radii alternate.
Outline star(Point middle, double radius, double inner, int corners, double turn) {
  std::vector<Point> points;
  for (int i = 0; i < corners; ++i) {
    const double angle = turn + 2 * M_PI * i / corners, r = i % 2 ? inner : radius;
    points.push_back({middle.x + r * std::sin(angle), middle.y - r * std::cos(angle)});
  }
  return Outline::polygon(points);
}

Outline cross(Point middle, double radius, double turn) {
  static constexpr double kArm = 0.3;  // half its width, in the radius
  static constexpr double kCorners[12][2] = {{kArm, -1},   {kArm, -kArm}, {1, -kArm},     {1, kArm},
                                             {kArm, kArm}, {kArm, 1},     {-kArm, 1},     {-kArm, kArm},
                                             {-1, kArm},   {-1, -kArm},   {-kArm, -kArm}, {-kArm, -1}};
  std::vector<Point> points;
  for (const auto& [x, y] : kCorners)
    points.push_back({middle.x + radius * (x * std::cos(turn) - y * std::sin(turn)),
                      middle.y + radius * (x * std::sin(turn) + y * std::cos(turn))});
  return Outline::polygon(points);
}

// Areas look alike rather than widths.
Outline outline_of(Symbol symbol, const Rect& frame) {
  const Point middle = frame.middle();
  const double r = frame.width / 2;
  switch (symbol) {
    case Symbol::circle: return Outline::ellipse(frame);
    case Symbol::square: return star(middle, r * 1.27, r * 1.27, 4, M_PI / 4);
    case Symbol::triangle: return star({middle.x, middle.y + r * 0.2}, r * 1.35, r * 1.35, 3, 0);
    case Symbol::diamond: return star(middle, r * 1.3, r * 1.3, 4, 0);
    case Symbol::nabla: return star({middle.x, middle.y - r * 0.2}, r * 1.35, r * 1.35, 3, M_PI);
    case Symbol::cross: return cross(middle, r * 1.25, M_PI / 4);
    case Symbol::plus: return cross(middle, r * 1.25, 0);
  }
  return Outline::ellipse(frame);
}

}  // namespace

Mark line_mark(std::string role, std::vector<Point> points, Stroke stroke) {
  return {.kind = Mark::Kind::line,
          .role = std::move(role),
          .points = std::move(points),
          .stroke = std::move(stroke)};
}

Mark area_mark(std::string role, std::vector<Point> corners, Color fill) {
  return {.kind = Mark::Kind::area, .role = std::move(role), .points = std::move(corners), .fill = fill};
}

Mark symbol_mark(std::string role, Point at, Symbol symbol, double width, Color color) {
  return {.kind = Mark::Kind::symbol,
          .role = std::move(role),
          .points = {at},
          .frame = {at.x - width / 2, at.y - width / 2, width, width},
          .stroke = {rgb(0xffffff), 0.5},
          .fill = color,
          .symbol = symbol};
}

Mark text_mark(std::string role, const std::string& text, const TextStyle& style, Color color, Point at,
               TextMeasure& measure) {
  const Size size = measure.measure(text, style);
  return {.kind = Mark::Kind::text,
          .role = std::move(role),
          .frame = {at.x, at.y, size.width, size.height},
          .text = text,
          .style = style,
          .color = color};
}

void draw(const Marks& marks, Painter& painter) {
  for (const Mark& mark : marks) switch (mark.kind) {
      case Mark::Kind::line: painter.draw(Outline::polyline(mark.points), {}, mark.stroke); break;
      case Mark::Kind::area: painter.draw(Outline::polygon(mark.points), mark.fill, {}); break;
      case Mark::Kind::symbol:
        // The border lies under the filling, so that it takes nothing of it.
        painter.draw(outline_of(mark.symbol, mark.frame), {}, mark.stroke);
        painter.draw(outline_of(mark.symbol, mark.frame), mark.fill, {});
        break;
      case Mark::Kind::text:
        painter.text(mark.text, mark.style, mark.color, {mark.frame.x, mark.frame.y});
        break;
    }
}

}  // namespace orrery::plots
