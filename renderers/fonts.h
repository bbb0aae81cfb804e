#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "renderers/painter.h"
#include "renderers/shaped_text.h"
#include "renderers/text_measure.h"

// Pango's and cairo's own names, so that no user of this header needs theirs.
using PangoLayout = struct _PangoLayout;  // NOLINT(bugprone-reserved-identifier)
using cairo_t = struct _cairo;            // NOLINT(bugprone-reserved-identifier)

namespace orrery {

/// The declared font, DejaVu Sans, from the files that come with Orrery: the fonts of the machine and
/// the user's settings play no part. Letters that it lacks are drawn as boxes with their code. Without
/// hinting, so that text is as wide in every format. Owns what it opens; one thread at a time; not copied.
///
/// While it opens, its configuration is lent to fontconfig as the current one: pango starts the system's
/// otherwise, which reads hundreds of files. The current configuration is unset afterwards, and fontconfig
/// loads the system's when somebody asks for it.
class Fonts : public TextMeasure {
 public:
  /// Fails with an `Error` when the font files cannot be found.
  Fonts();
  ~Fonts() override;
  Fonts(const Fonts&) = delete;
  Fonts& operator=(const Fonts&) = delete;

  Size measure(const std::string& text, const TextStyle& style) override;
  /// A line of text as glyphs; kept.
  const ShapedText& shaped(const std::string& text, const TextStyle& style);
  /// A line of text as an outline whose baseline begins at the origin.
  Outline outline(const std::string& text, const TextStyle& style);
  /// Draws in the current colour of a cairo context.
  void show(cairo_t* cairo, const std::string& text, const TextStyle& style, Point at);

  /// How far the baseline lies under the upper edge of a line as measured.
  static double ascent(const TextStyle& style);

 private:
  static std::string key_of(const std::string& text, const TextStyle& style);
  PangoLayout* laid_out(const std::string& text, const TextStyle& style);

  struct Handles;
  std::unique_ptr<Handles> handles_;
  std::unordered_map<std::string, Size> sizes_;
  std::unordered_map<std::string, ShapedText> shaped_;
};

/// `cairo 1.16.0, pango 1.50.12, FreeType 2.12.1, fontconfig 2.14.1`: what runs. The same drawing has the
/// same bytes for the same ones.
std::string drawing_libraries();

/// The folder with the font files: beside the library in a build, under share/ in an installation.
/// Fails with an `Error` that names the folders looked at.
std::string font_folder();

}  // namespace orrery
