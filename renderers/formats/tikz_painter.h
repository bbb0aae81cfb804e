#pragma once

#include <string>
#include <vector>

#include "renderers/painter.h"

namespace orrery {

/// Writes what is drawn as a LaTeX file that compiles by itself (class `standalone`, package TikZ) and holds
/// the same marks as the other formats, in PostScript points. Text is set by TeX, each piece around the
/// middle of the room that it was measured to take. The file is plain ASCII but for accented Latin letters:
/// other letters are written by number, which LuaLaTeX and XeLaTeX set in DejaVu Sans where it is installed
/// and pdfLaTeX shows as the number in a box. Not copied; one thread at a time.
class TikzPainter : public FilePainter {
 public:
  /// `scale` enlarges the drawing; one larger than TeX's longest length is made smaller. `measure` outlives
  /// the painter.
  TikzPainter(Size size, double scale, TextMeasure& measure);

  void draw(const Outline& outline, const std::optional<Color>& fill,
            const std::optional<Stroke>& stroke) override;
  void text(const std::string& text, const TextStyle& style, const Color& color, Point at) override;
  std::string finish() override;

 private:
  std::string color_name(const Color& color);

  Size size_;
  double scale_;
  TextMeasure& measure_;
  std::vector<Color> colors_;  // in the order of their first use
  std::string marks_;
};

}  // namespace orrery
