#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

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

/// Strokes at a box's left end, which tell those apart that have the same outline.
enum class BoxMark { none, slanted, upright, level, crossed };

/// What kinds of boxes there are for the eye. Their order is that of a legend.
enum class BoxRole {
  input,
  label,
  convolution,
  linear,
  matrix,
  normalization,
  activation,
  pooling,
  reduction,
  dropout,
  arithmetic,
  shape,
  loss,
  parameter,
  constant,
  folded,
  output,
  governor,
};

/// The last one.
inline constexpr BoxRole kLastRole = BoxRole::governor;

BoxRole role_of(const DiagramBox& box);
/// `+`, `−`, `~`; nothing for what is the same.
const char* change_mark(GraphDiff::Kind change);
/// `convolution`; also the theme's key for its colour.
const std::string& role_name(BoxRole role);
/// In a legend: `linear, recurrent, attention`.
const std::string& role_meaning(BoxRole role);

/// The colours of a role.
struct Paint {
  Color fill, line, text;
};

/// How a box looks.
struct BoxLook {
  BoxShape shape = BoxShape::rounded;
  Color fill, line, text;
  double line_width = 0.8;
  std::vector<double> dashes = {};
  BoxMark mark = BoxMark::none;
};

/// Colours, type sizes and distances of a drawing. As it comes it is the theme `light`: fills are pale, so
/// that text stays readable when they are printed grey; hues are those of Okabe and Ito, which the
/// colour-blind can tell apart.
struct Theme {
  TextStyle title{8, true};
  TextStyle note{6.5, false};
  TextStyle detail{6.5, false};
  TextStyle frame_title{7, true};
  TextStyle shape{6.5, false};
  TextStyle symbol{11, true};
  TextStyle port{5, false};
  TextStyle caption{7, false};
  Color background = rgb(0xffffff);
  Color text = rgb(0x1a1a1a);
  Color quiet = rgb(0x5a5a5a);
  Color line = rgb(0x3a3a3a);
  Color frame_line = rgb(0x8c8c8c);
  Color even_frame = rgb(0xf5f6f7), odd_frame = rgb(0xffffff);
  Color error = rgb(0xc1121f), warning = rgb(0xb26a00);
  Paint neutral{rgb(0xf1f1f1), rgb(0x6f6f6f), rgb(0x1a1a1a)};  ///< of what has no tone where others have one
  std::map<BoxRole, Paint> paints;
  std::vector<Paint> tones;                  ///< in turn; with marks where there are more of them
  std::vector<Color> heat;                   ///< from the least to the most
  std::vector<Color> delta;                  ///< from less over the same to more
  std::map<GraphDiff::Kind, Paint> changes;  ///< of what was added, removed or changed
  bool marks = false;                        ///< also tell kinds apart by strokes
  double line_width = 0.8;
  double corner = 3.5;  ///< radius of boxes and of lines' corners
  double padding_x = 7, padding_y = 4;
  double least_width = 78;
  double circle = 17;  ///< diameter of a symbol's circle
  layout::Spacing spacing;

  Theme();
  BoxLook look(const DiagramBox& box) const;
  /// Of a box that has its kind's colours.
  BoxLook look_of(BoxRole role) const;
  /// Of a frame: its tone or amount, or by how deep it lies.
  Paint frame(const DiagramBox& box, int depth) const;
  /// Of the colour that a user gave a box.
  Paint own_paint(const DiagramBox& box) const;
  Color heat_at(double amount, bool delta = false) const;
  /// Of a line: as wide as its value is large, in the colour and with the dashes of its change.
  Stroke line_of(const DiagramValue& value, GraphDiff::Kind change) const;
  Paint tone(int tone) const;
  /// Strokes of a tone whose paint an earlier one has, too.
  BoxMark tone_mark(int tone) const;
};

/// `light`, `dark`, `paper` (grey, with marks) and `colour-blind` (stronger colours, with marks).
const std::vector<std::string>& theme_names();

/// `#ffd0a0` or `#fda`; fails with an `Error(Fault::usage)` that says of what it is no colour.
Color color_from_text(const std::string& text, const std::string& of);

/// What a theme of one's own changes: `background = "#202020"`, `convolution = "#ffd0a0"`, `title_size =
/// "9"`.
using ThemeChanges = std::vector<std::pair<std::string, std::string>>;

/// A theme by name, changed. Fails with an `Error(Fault::usage)` on an unknown name or key, and on what is
/// no colour, number or truth value.
Theme make_theme(const std::string& name, const ThemeChanges& changes);

}  // namespace orrery
