#include "renderers/styles/box_shapes.h"

#include <algorithm>

namespace orrery {
namespace {

constexpr double kInside = 2;  // between the borders of a folded block
constexpr double kBoxCorner = 3.5;
constexpr double kMarkWidth = 4;

// Narrow where the data leave.
Outline funnel(const Rect& r, Direction direction) {
  const double cut = std::min({5.0, r.width / 6, r.height / 3});
  switch (direction) {
    case Direction::south:
      return Outline::polygon(
          {{r.x, r.y}, {r.right(), r.y}, {r.right() - cut, r.bottom()}, {r.x + cut, r.bottom()}});
    case Direction::north:
      return Outline::polygon(
          {{r.x + cut, r.y}, {r.right() - cut, r.y}, {r.right(), r.bottom()}, {r.x, r.bottom()}});
    case Direction::east:
      return Outline::polygon(
          {{r.x, r.y}, {r.right(), r.y + cut}, {r.right(), r.bottom() - cut}, {r.x, r.bottom()}});
    default:
      return Outline::polygon(
          {{r.x, r.y + cut}, {r.right(), r.y}, {r.right(), r.bottom()}, {r.x, r.bottom() - cut}});
  }
}

Outline outline_of(const Rect& r, BoxShape shape, Direction direction) {
  switch (shape) {
    case BoxShape::pill: return Outline::rounded(r, std::min(r.height / 2, kRoundEnd));
    case BoxShape::circle: return Outline::ellipse(r);
    case BoxShape::square: return Outline::rounded(r, 0.5);
    case BoxShape::funnel: return funnel(r, direction);
    default: return Outline::rounded(r, kBoxCorner);
  }
}

/// Strokes in a strip at the left end of a box, where no text stands.
class Strip {
 public:
  Strip(Painter& painter, const Rect& box, Color color)
      : painter_(painter),
        color_(color),
        at_{box.x + 1.4, box.y + 2, kMarkWidth, std::max(0.0, box.height - 4)} {}

  void draw(BoxMark mark) {
    if (mark == BoxMark::upright)
      for (double x : {at_.x + 1, at_.x + 3}) stroke({x, at_.y}, {x, at_.bottom()});
    if (mark == BoxMark::level)
      for (double y = at_.y + 1; y <= at_.bottom(); y += 2) stroke({at_.x, y}, {at_.right(), y});
    if (mark == BoxMark::slanted || mark == BoxMark::crossed)
      for (double y = at_.y; y + kMarkWidth <= at_.bottom(); y += 2.5)
        stroke({at_.x, y + kMarkWidth}, {at_.right(), y});
    if (mark == BoxMark::crossed)
      for (double y = at_.y; y + kMarkWidth <= at_.bottom(); y += 2.5)
        stroke({at_.x, y}, {at_.right(), y + kMarkWidth});
  }

 private:
  void stroke(Point from, Point to) { painter_.draw(Outline::polyline({from, to}), {}, Stroke{color_, 0.5}); }

  Painter& painter_;
  Color color_;
  Rect at_;
};

}  // namespace

void draw_outline(Painter& painter, const Rect& at, const BoxLook& look, Direction direction) {
  painter.draw(outline_of(at, look.shape, direction), look.fill,
               Stroke{look.line, look.line_width, look.dashes});
  if (look.shape == BoxShape::twofold)
    painter.draw(Outline::rounded(at.grown(-kInside), kBoxCorner - kInside / 2), {},
                 Stroke{look.line, look.line_width / 2});
  if (look.shape == BoxShape::rounded) Strip(painter, at, look.line).draw(look.mark);
}

}  // namespace orrery
