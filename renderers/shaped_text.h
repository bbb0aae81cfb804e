#pragma once

#include <string>
#include <vector>

namespace orrery {

/// A glyph of one of the declared font's two files, where a line of text has it.
struct Glyph {
  unsigned id = 0;  ///< in its file
  bool bold = false;
  double x = 0, y = 0;  ///< of its origin from the beginning of the baseline, in points
  std::string letters;  ///< that it stands for, UTF-8; empty where another glyph stands for them
};

/// A line of text as the glyphs that it is set with, from left to right.
struct ShapedText {
  std::vector<Glyph> glyphs;
  bool complete = true;  ///< the font has all letters
};

}  // namespace orrery
