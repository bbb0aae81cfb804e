#pragma once

#include <optional>

#include "renderers/diagram/diagram.h"
#include "renderers/layout/sketch.h"
#include "renderers/painter.h"

namespace orrery {

/// The outline that a box has; it tells kinds apart where colour does not (in greyscale, for the
/// colour-blind).
enum class BoxShape {
  rounded,  ///< layers with parameters
  pill,     ///< activations
  funnel,   ///< what makes the data smaller: pooling, reductions
  square,   ///< what only moves data
  circle,   ///< operators drawn as a symbol
  twofold,  ///< a folded block: a border inside its border
};

/// How a kind of box looks.
struct BoxLook {
  BoxShape shape = BoxShape::rounded;
  Color fill, line, text;
  double line_width = 0.8;
  std::vector<double> dashes = {};
};

/// Colours, type sizes and distances of a drawing. Fills are pale, so that text stays readable when they are
/// printed grey; hues are those of Okabe and Ito, which the colour-blind can tell apart.
struct Theme {
  TextStyle title{8, true};
  TextStyle note{6.5, false};
  TextStyle detail{6.5, false};
  TextStyle frame_title{7, true};
  TextStyle shape{6.5, false};
  TextStyle symbol{11, true};
  TextStyle port{5, false};
  Color text = rgb(0x1a1a1a);
  Color quiet = rgb(0x5a5a5a);
  Color line = rgb(0x3a3a3a);
  Color frame_line = rgb(0x8c8c8c);
  Color even_frame = rgb(0xf5f6f7), odd_frame = rgb(0xffffff);
  Color error = rgb(0xc1121f), warning = rgb(0xb26a00);
  double line_width = 0.8;
  double corner = 3.5;  ///< radius of boxes and of lines' corners
  double padding_x = 7, padding_y = 4;
  double least_width = 78;
  double circle = 17;  ///< diameter of a symbol's circle
  layout::Spacing spacing;

  BoxLook look(const DiagramBox& box) const;
};

}  // namespace orrery
