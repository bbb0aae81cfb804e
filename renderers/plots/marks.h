#pragma once

#include <string>
#include <vector>

#include "renderers/painter.h"

namespace orrery::plots {

/// Shapes that points of a curve are marked with.
enum class Symbol { circle, square, triangle, diamond, cross, nabla, plus };

/// Something to be drawn, with its place. `role` says what it is: `curve`, `tick label`, …
struct Mark {
  enum class Kind {
    line,    ///< through `points`
    area,    ///< with `points` as corners
    symbol,  ///< at `points[0]`, `frame` around it
    text,    ///< in `frame`
  };
  Kind kind = Kind::line;
  std::string role;
  std::vector<Point> points = {};
  Rect frame = {};
  Stroke stroke = {};              ///< of lines and symbols
  std::optional<Color> fill = {};  ///< of areas and symbols
  Symbol symbol = Symbol::circle;
  std::string text = {};
  TextStyle style = {};
  Color color = {};  ///< of the text
};

/// In the order in which they lie on each other.
using Marks = std::vector<Mark>;

Mark line_mark(std::string role, std::vector<Point> points, Stroke stroke);
Mark area_mark(std::string role, std::vector<Point> corners, Color fill);
/// A symbol that is as wide as `width`, about.
Mark symbol_mark(std::string role, Point at, Symbol symbol, double width, Color color);
/// A text whose box, as measured, has its upper left corner at `at`.
Mark text_mark(std::string role, const std::string& text, const TextStyle& style, Color color, Point at,
               TextMeasure& measure);

void draw(const Marks& marks, Painter& painter);

/// The marks as JSON, one a row, in points rounded to 0.01, so that a difference is easy to read.
std::string marks_json(const Marks& marks, Size page);

}  // namespace orrery::plots
