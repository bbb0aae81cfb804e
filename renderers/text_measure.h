#pragma once

#include <string>

#include "renderers/geometry.h"

namespace orrery {

/// How a text is set: in the declared font, in points.
struct TextStyle {
  double size = 8;
  bool bold = false;
  bool operator==(const TextStyle&) const = default;
};

/// Tells how large a text will be, so that the layout can be made before anything is drawn.
class TextMeasure {
 public:
  virtual ~TextMeasure() = default;
  /// Of one line: its advance width, and the height of a line in that style whatever the text.
  virtual Size measure(const std::string& text, const TextStyle& style) = 0;
};

}  // namespace orrery
