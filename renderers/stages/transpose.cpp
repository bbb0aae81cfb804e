#include <utility>

#include "renderers/stages/piece.h"

namespace orrery {
namespace {

Point swapped(Point p) { return {p.y, p.x}; }

void transpose_points(std::vector<Point>& points) {
  for (Point& p : points) p = swapped(p);
}

void transpose_rect(Rect& r) { r = {r.y, r.x, r.height, r.width}; }

}  // namespace

void transpose(Picture& picture) {
  for (PictureShape& shape : picture.shapes) transpose_points(shape.corners);
  for (PictureLine& line : picture.lines) transpose_points(line.points);
  for (PictureBracket& bracket : picture.brackets) transpose_points(bracket.points);
  for (PictureText& text : picture.texts) transpose_rect(text.at);
  transpose_points(picture.forks);
}

void transpose(PieceBlock& block) {
  for (PictureText& text : block.title) transpose_rect(text.at);
  std::swap(block.size.width, block.size.height);
}

void transpose(LaidSegment& segment) {
  transpose(segment.picture);
  for (auto& [piece, origin] : segment.origins) origin = swapped(origin);
  for (PictureLine& line : segment.entering) transpose_points(line.points);
  transpose_points(segment.leaving);
  segment.entry = swapped(segment.entry);
  segment.exit = swapped(segment.exit);
  transpose_rect(segment.bounds);
}

// What was its left side is its top.
Piece transposed(const Piece& piece) {
  Piece result = piece;
  const Rect shapes = shapes_of(piece.drawing);
  const Point outside{shapes.x - 1, shapes.middle().y};
  const double side = first_hit(piece, {}, outside, {1, 0}).value_or(Point{shapes.x, 0}).x;
  for (auto& [stage, top] : result.tops) top = {outside.y, outside.y, side};
  transpose(result.drawing);
  return result;
}

}  // namespace orrery
