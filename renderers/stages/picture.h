#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "renderers/painter.h"
#include "renderers/text_measure.h"

namespace orrery {

/// A closed shape.
struct PictureShape {
  enum class Form { polygon, rounded, ellipse };
  Form form = Form::polygon;
  std::vector<Point> corners;  ///< of a polygon; two opposite ones of the others
  std::optional<Color> fill;
  std::optional<Stroke> stroke;
  double radius = 0;                    ///< of a rounded one
  int piece = -1;                       ///< whose it is; −1: the legend's
  std::shared_ptr<const Raster> image;  ///< fills a polygon of four corners from its upper left one on

  Rect bounds() const;
};

/// One line of text.
struct PictureText {
  std::string text;
  TextStyle style;
  Color color;
  Rect at;
  int piece = -1;
  bool inside = false;  ///< stands on its piece's shape rather than beside it
  int frame = -1;       ///< of a bracket's title: the block's box in the diagram
};

/// A line from one piece to another.
struct PictureLine {
  enum class Kind {
    flow,   ///< from a piece to the next
    skip,   ///< over the tops of those between
    turn,   ///< from the end of one row to the beginning of the next
    guide,  ///< from a kernel to what it makes
  };
  Kind kind = Kind::flow;
  int from = -1, to = -1;     ///< pieces
  std::vector<Point> points;  ///< orthogonal but for guides
  bool faulty = false;        ///< a finding is about what goes along it
};

/// A line under the parts of a row that are one block, with its title.
struct PictureBracket {
  std::vector<Point> points;
  int frame = -1;  ///< the block's box in the diagram
};

/// A figure with all its places, in the order in which it is drawn: shapes, lines, texts. Value type.
struct Picture {
  Size size;
  std::vector<PictureShape> shapes;
  std::vector<PictureLine> lines;
  std::vector<Point> forks;  ///< where a line parts
  std::vector<PictureBracket> brackets;
  std::vector<PictureText> texts;
};

/// Moves all of it.
void move(Picture& picture, Point by);

/// Smallest rectangle around both; an empty one does not count.
Rect united(const Rect& a, const Rect& b);

/// All of its shapes.
Rect shapes_of(const Picture& picture);

/// Everything that a picture has, without its size.
Rect bounds_of(const Picture& picture);

struct Theme;
void draw_picture(const Picture& picture, const Theme& theme, Painter& painter);

/// The geometry as JSON, one shape, line or text a row.
std::string picture_json(const Picture& picture);

}  // namespace orrery
