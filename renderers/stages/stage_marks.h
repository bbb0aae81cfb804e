#pragma once

#include "renderers/stages/piece.h"
#include "renderers/styles/theme.h"

namespace orrery {

// What both styles of feature maps draw alike.

/// A colour between two: `share` of the second.
Color mixed(Color a, Color b, double share);

/// Fill and line of a box's kind, stronger than behind a text; softmax has one of its own.
struct StageLook {
  Color fill, line;
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

 private:
  void add(const std::string& text, double x, double y, bool bold, Size size);
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

/// Explains the colours of a picture's kinds, in rows under it, no wider than `width`. `bands`: also of what
/// is done to maps, not only of what is done to sums.
void add_legend(Picture& picture, const Diagram& diagram, const Stages& stages, bool bands,
                const Theme& theme, TextMeasure& measure, double width);

}  // namespace orrery
