#include "renderers/formats/ascii_text.h"

#include <algorithm>
#include <map>

#include "renderers/formats/letters.h"

namespace orrery {

std::string ascii_text(std::string_view text) {
  static const std::map<char32_t, const char*> likenesses = {
      {U'×', "x"},  {U'·', "*"},  {U'−', "-"},  {U'÷', "/"},  {U'…', "..."},   {U'→', "->"},
      {U'←', "<-"}, {U'–', "-"},  {U'—', "--"}, {U'≤', "<="}, {U'≥', ">="},    {U'≠', "!="},
      {U'“', "\""}, {U'”', "\""}, {U'‘', "'"},  {U'’', "'"},  {U'\u00A0', " "}};
  std::string result;
  for (const Letter& letter : letters_of(text)) {
    const auto at = likenesses.find(letter.code);
    if (letter.code < 0x80)
      result += letter.bytes;
    else if (at != likenesses.end())
      result += at->second;
    else if (letter.columns > 0)
      result += '?';
  }
  return result;
}

std::string text_that_fits(std::string_view text, int most, bool ascii) {
  if (!ascii) return cut_to_columns(text, most);
  const std::string letters = ascii_text(text);
  if (static_cast<int>(letters.size()) <= most) return letters;
  return letters.substr(0, static_cast<size_t>(std::max(0, most - 3))) + "...";
}

}  // namespace orrery
