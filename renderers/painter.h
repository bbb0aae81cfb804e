#pragma once

#include <optional>
#include <string>
#include <vector>

#include "renderers/text_measure.h"

namespace orrery {

struct Color {
  double red = 0, green = 0, blue = 0;
  double opacity = 1;
  bool operator==(const Color&) const = default;
};

/// `rgb(0x1b9e77)`.
constexpr Color rgb(unsigned hex) {
  return {((hex >> 16) & 0xff) / 255.0, ((hex >> 8) & 0xff) / 255.0, (hex & 0xff) / 255.0};
}

/// The colour, through which so much of what lies below is hidden.
constexpr Color at_opacity(Color color, double opacity) {
  color.opacity = opacity;
  return color;
}

struct Stroke {
  Color color;
  double width = 0.8;
  std::vector<double> dashes = {};  ///< lengths of strokes and gaps in turn; empty: solid
  bool round = false;               ///< corners are round rather than pointed, as of curves through data
};

/// An outline of straight lines and cubic curves, in points.
class Outline {
 public:
  enum class Verb { move, line, curve, close };
  struct Step {
    Verb verb;
    Point a, b, to;  ///< the control points of a curve, and the end
  };

  Outline& move(Point to);
  Outline& line(Point to);
  Outline& curve(Point a, Point b, Point to);
  Outline& close();
  const std::vector<Step>& steps() const { return steps_; }

  static Outline polygon(const std::vector<Point>& corners);
  static Outline polyline(const std::vector<Point>& points);
  /// A rectangle with round corners; the radius is at most half of its shorter side.
  static Outline rounded(const Rect& rect, double radius);
  static Outline ellipse(const Rect& rect);
  /// An orthogonal line with round corners.
  static Outline rounded_polyline(const std::vector<Point>& points, double radius);

 private:
  std::vector<Step> steps_;
};

/// A picture of dots, each of red, green and blue, row by row.
struct Raster {
  int width = 0, height = 0;
  std::vector<unsigned char> rgb;
};

/// Takes marks on a page in the order in which they lie on each other. Knows nothing of graphs.
class Painter {
 public:
  virtual ~Painter() = default;
  /// Either may be absent.
  virtual void draw(const Outline& outline, const std::optional<Color>& fill,
                    const std::optional<Stroke>& stroke) = 0;
  /// One line of text whose box (as measured) has its upper left corner at `at`. Never read as markup.
  virtual void text(const std::string& text, const TextStyle& style, const Color& color, Point at) = 0;
  /// A picture in a parallelogram: its upper left corner, and the ways to its upper right and lower left
  /// ones. Painters that have no pictures draw it as tiles of one colour, 32 a side at most.
  virtual void image(const Raster& raster, Point at, Point right, Point down);
};

/// A painter whose marks become a file.
class FilePainter : public Painter {
 public:
  /// The file's bytes. The painter takes no more marks.
  virtual std::string finish() = 0;
};

}  // namespace orrery
