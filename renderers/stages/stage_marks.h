#pragma once

#include "renderers/stages/piece.h"
#include "renderers/styles/theme.h"

namespace orrery {

// What both styles of feature maps draw alike.

/// A colour between two: `share` of the second.
Color mixed(Color a, Color b, double share);

/// Fill and line of a box's kind, stronger than behind a text; softmax has one of its own. Where colours
/// tell something else, what they tell of the box; a finding shows in the line.
struct StageLook {
  Color fill, line;
  double width = 0.5;  ///< of the line

  /// The line of a shape that is filled with its colour, or one near to it.
  Stroke stroke(const Color& around) const;
};
StageLook stage_look(const DiagramBox& box, const Theme& theme, Stage::Kind kind);

/// `ReLU`, also for the function `relu`.
std::string band_name(const DiagramBox& box);

/// Largest sizes of a net, by which all are drawn.
struct StageScale {
  double extent = 1, channels = 1, features = 1;
  /// A length of [0, most] as one of [low, high]; where only the data tell it, in the middle.
  static double between(double value, double most, double low, double high);
};
StageScale scale_of(const Stages& stages);

/// Puts texts together, each centred on a middle.
class Captions {
 public:
  Captions(Picture& drawing, const Theme& theme, TextMeasure& measure)
      : drawing_(drawing), theme_(theme), measure_(measure) {}
  /// A line whose upper end is at y; returns the lower one. Nothing for an empty text.
  double below(const std::string& text, double x, double y, bool bold = false);
  /// A line whose lower end is at y; returns the upper one.
  double above(const std::string& text, double x, double y, bool bold = false);
  /// What a stage has to tell beside its operation, line by line, and the findings about it.
  double notes(const Stage& stage, double x, double y);
  /// A line that begins at (x, y).
  void at(const std::string& text, Point at);

 private:
  void add(const std::string& text, double x, double y, bool bold, Size size);
  double line(const std::string& text, double x, double y, Color color);
  TextStyle style(bool bold) const { return {theme_.detail.size, bold}; }
  Picture& drawing_;
  const Theme& theme_;
  TextMeasure& measure_;
};

/// A box with its texts, for what has no shape of its own.
Piece text_piece(const Diagram& diagram, int index, const Stage& stage, const Theme& theme,
                 TextMeasure& measure);
/// A circle with an operator; rings tell what is done to the result.
Piece symbol_piece(const Diagram& diagram, int index, const Stage& stage, const Theme& theme,
                   TextMeasure& measure);

/// Puts texts that stand above and below a shape to its right, so that a line may come and go there.
void set_texts_beside(Picture& drawing);

/// The open blocks whose titles say something, with what is inside of them.
std::vector<PieceBlock> find_blocks(const Diagram& diagram, const Stages& stages,
                                    const std::vector<Piece>& pieces, const Theme& theme,
                                    TextMeasure& measure);

/// Explains the colours of a picture's kinds, in rows under it, no wider than `width`. `bands`: also of what
/// is done to maps, not only of what is done to sums. One kind alone needs none, unless it is `asked` for.
void add_legend(Picture& picture, const Diagram& diagram, const Stages& stages, bool bands, bool asked,
                const Theme& theme, TextMeasure& measure, double width);

}  // namespace orrery
