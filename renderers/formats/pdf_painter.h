#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "renderers/fonts.h"
#include "renderers/formats/pdf_font.h"
#include "renderers/painter.h"

namespace orrery {

/// Writes what is drawn as a PDF of one page, with the font's glyphs embedded; a text with letters that the
/// font lacks is drawn as an outline. The bytes depend on the drawing alone: no dates, no names of this
/// machine. cairo would write the same marks in some five times the time, which is half of that of a large
/// drawing. Not copied; one thread at a time.
class PdfPainter : public FilePainter {
 public:
  /// `scale` enlarges the drawing; a page larger than PDF allows is made smaller. `fonts` outlives the
  /// painter.
  PdfPainter(Size size, double scale, Fonts& fonts);
  ~PdfPainter() override;

  void draw(const Outline& outline, const std::optional<Color>& fill,
            const std::optional<Stroke>& stroke) override;
  void text(const std::string& text, const TextStyle& style, const Color& color, Point at) override;
  void image(const Raster& raster, Point at, Point right, Point down) override;
  std::string finish() override;

 private:
  void number(double value);
  void place(Point at);
  void trace(const Outline& outline);
  void set_color(const Color& color, std::optional<Color>& now, const char* command);
  void set_opacity(double opacity);
  void set_stroke(const Stroke& stroke);
  void set_font(const TextStyle& style, bool bold);
  void paint(const Outline& outline, const char* command);
  void begin_text();
  void end_text();
  void write_glyphs(const ShapedText& shaped, const TextStyle& style, Point at);
  size_t write_row(const ShapedText& shaped, size_t first, double size, Point at);
  std::string resources();

  Fonts& fonts_;
  Size size_;
  double scale_;
  int decimals_;  // of lengths
  PdfFile file_;
  std::string marks_;
  std::array<std::unique_ptr<PdfFont>, 2> faces_;  // regular, bold
  std::vector<int> images_;                        // objects
  std::vector<double> opacities_;                  // that are asked for
  // What the page is set to.
  std::optional<Color> fill_, line_;
  std::optional<std::pair<bool, double>> font_;
  Stroke stroke_;
  double opacity_ = 1;
  bool in_text_ = false;
};

}  // namespace orrery
