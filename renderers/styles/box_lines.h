#pragma once

#include <optional>
#include <string>
#include <vector>

#include "renderers/painter.h"
#include "renderers/styles/theme.h"

namespace orrery {

/// Texts that stand side by side.
struct TextLine {
  struct Run {
    std::string text;
    TextStyle style;
    Color color;
    std::optional<Color> disc = {};  ///< below a letter that marks something
  };
  std::vector<Run> runs;
  Size size;
};

/// What stands on a box, line by line, each centred.
std::vector<TextLine> lines_of(const DiagramBox& box, const Theme& theme, TextMeasure& measure);

/// The title of a frame, with the codes of findings about its block; no texts for the root.
TextLine title_of(const DiagramBox& frame, const Theme& theme, TextMeasure& measure);

/// The lines of a note beside a box, or under the title of a frame.
std::vector<TextLine> note_of(const DiagramBox& box, const Theme& theme, TextMeasure& measure);

/// The room of a text. A disc is as high as texts of its style, its letter smaller.
Size size_of(const TextLine::Run& run, TextMeasure& measure);
TextStyle letter_style(const TextStyle& disc);

/// The room that lines need which stand below each other.
Size size_of(const std::vector<TextLine>& lines);

/// A text in lines that are no wider than that, unless one word alone is.
std::vector<std::string> broken(const std::string& text, const TextStyle& style, double width,
                                TextMeasure& measure);

/// Distance between the texts of a line.
inline constexpr double kBetweenTexts = 3.5;
/// Distance between a box and the note beside it, with a stroke between them.
inline constexpr double kBesideNote = 7;

}  // namespace orrery
