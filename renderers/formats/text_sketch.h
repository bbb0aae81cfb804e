#pragma once

#include <string>

#include "renderers/diagram/diagram.h"
#include "renderers/styles/theme.h"

namespace orrery {

struct TextSketchOptions {
  int columns = 80;    ///< the most that a row may have
  bool ascii = false;  ///< ASCII alone, for terminals and files without Unicode
};

/// A diagram for a terminal: operations as boxes, folded blocks as boxes with two borders, open blocks as
/// frames around them, values as lines that end in arrows. All flows downwards. Where that is wider than
/// allowed, texts are broken and then cut; where it is still too wide (or has more than 2,000 boxes), an
/// indented outline takes its place (see text_outline.h). In plain UTF-8 or ASCII, one line feed a row.
std::string text_sketch(const Diagram& diagram, const Theme& theme, const TextSketchOptions& options);

}  // namespace orrery
