#include "renderers/stages/picture.h"

#include <cmath>

#include "renderers/styles/theme.h"

namespace orrery {
namespace {

Rect around(const std::vector<Point>& points) {
  Rect r;
  for (size_t i = 0; i < points.size(); ++i) {
    const Point p = points[i];
    if (i == 0) r = {p.x, p.y, 0, 0};
    r = spanned({std::min(r.x, p.x), std::min(r.y, p.y)},
                {std::max(r.right(), p.x), std::max(r.bottom(), p.y)});
  }
  return r;
}

Outline outline_of(const PictureShape& shape) {
  switch (shape.form) {
    case PictureShape::Form::rounded: return Outline::rounded(shape.bounds(), shape.radius);
    case PictureShape::Form::ellipse: return Outline::ellipse(shape.bounds());
    default: return Outline::polygon(shape.corners);
  }
}

void draw_arrow(Point from, Point tip, Color color, Painter& painter) {
  const double length = 4.2, half = 1.7, size = std::hypot(tip.x - from.x, tip.y - from.y);
  if (size == 0) return;
  const double dx = (tip.x - from.x) / size, dy = (tip.y - from.y) / size;
  const Point base{tip.x - dx * length, tip.y - dy * length};
  painter.draw(Outline::polygon(
                   {tip, {base.x - dy * half, base.y + dx * half}, {base.x + dy * half, base.y - dx * half}}),
               color, {});
}

// The line itself ends inside of its head, so that the tip stays sharp.
std::vector<Point> without_tip(std::vector<Point> points) {
  const Point from = points[points.size() - 2];
  Point& tip = points.back();
  const double size = std::hypot(tip.x - from.x, tip.y - from.y), cut = std::min(2.0, size / 2);
  if (size > 0) tip = {tip.x - (tip.x - from.x) / size * cut, tip.y - (tip.y - from.y) / size * cut};
  return points;
}

void draw_shape(const PictureShape& shape, Painter& painter) {
  if (!shape.image) return painter.draw(outline_of(shape), shape.fill, shape.stroke);
  const std::vector<Point>& c = shape.corners;
  painter.image(*shape.image, c[0], c[1] - c[0], c[3] - c[0]);
  painter.draw(outline_of(shape), {}, shape.stroke);
}

void draw_line(const PictureLine& line, const Theme& theme, Painter& painter) {
  if (line.points.size() < 2) return;
  if (line.kind == PictureLine::Kind::guide)
    return painter.draw(Outline::polyline(line.points), {}, Stroke{theme.quiet, 0.4});
  const Stroke stroke = line.faulty ? Stroke{theme.error, 1.8} : Stroke{theme.line, theme.line_width};
  painter.draw(Outline::rounded_polyline(without_tip(line.points), theme.corner), {}, stroke);
  draw_arrow(line.points[line.points.size() - 2], line.points.back(), stroke.color, painter);
}

}  // namespace

Rect PictureShape::bounds() const { return around(corners); }

Rect united(const Rect& a, const Rect& b) {
  if (a.width <= 0 && a.height <= 0) return b;
  if (b.width <= 0 && b.height <= 0) return a;
  return spanned({std::min(a.x, b.x), std::min(a.y, b.y)},
                 {std::max(a.right(), b.right()), std::max(a.bottom(), b.bottom())});
}

void move(Picture& picture, Point by) {
  for (PictureShape& shape : picture.shapes)
    for (Point& corner : shape.corners) corner = corner + by;
  for (PictureLine& line : picture.lines)
    for (Point& point : line.points) point = point + by;
  for (Point& fork : picture.forks) fork = fork + by;
  for (PictureBracket& bracket : picture.brackets)
    for (Point& point : bracket.points) point = point + by;
  for (PictureText& text : picture.texts) text.at = text.at.moved(by);
}

Rect shapes_of(const Picture& picture) {
  Rect all;
  for (const PictureShape& shape : picture.shapes) all = united(all, shape.bounds());
  return all;
}

Rect bounds_of(const Picture& picture) {
  Rect all = shapes_of(picture);
  for (const PictureLine& line : picture.lines) all = united(all, around(line.points));
  for (const PictureBracket& bracket : picture.brackets) all = united(all, around(bracket.points));
  for (const PictureText& text : picture.texts) all = united(all, text.at);
  return all;
}

void draw_picture(const Picture& picture, const Theme& theme, Painter& painter) {
  for (const PictureShape& shape : picture.shapes) draw_shape(shape, painter);
  for (const PictureBracket& bracket : picture.brackets)
    painter.draw(Outline::rounded_polyline(bracket.points, 2), {}, Stroke{theme.quiet, 0.6});
  for (const PictureLine& line : picture.lines) draw_line(line, theme, painter);
  const double r = 1.4;
  for (Point fork : picture.forks)
    painter.draw(Outline::ellipse({fork.x - r, fork.y - r, 2 * r, 2 * r}), theme.line, {});
  for (const PictureText& text : picture.texts)
    painter.text(text.text, text.style, text.color, {text.at.x, text.at.y});
}

}  // namespace orrery
