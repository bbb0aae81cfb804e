#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "renderers/text_measure.h"

namespace orrery {

/// One character of a text, as its bytes and its number in Unicode.
struct Letter {
  char32_t code = 0;
  std::string_view bytes;
  int columns = 1;  ///< of a terminal: 2 for East Asian wide ones and emoji, 0 for marks on the one before
};

/// The characters of a text that is valid UTF-8, as all texts of a diagram are.
std::vector<Letter> letters_of(std::string_view text);

/// How many columns of a terminal a text takes.
int columns_of(std::string_view text);

/// A text of at most so many columns; what is cut off is replaced by an ellipsis.
std::string cut_to_columns(std::string_view text, int most);

/// Measures in columns and rows of a terminal, whatever the style.
class ColumnMeasure : public TextMeasure {
 public:
  Size measure(const std::string& text, const TextStyle& style) override;
};

}  // namespace orrery
