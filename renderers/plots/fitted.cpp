#include "renderers/diagram/plain_text.h"
#include "renderers/plots/axis.h"

namespace orrery::plots {
namespace {

constexpr size_t kMostLetters = 400;  // that are measured at all

// Where the text's last whole character before `end` begins; continuation bytes of UTF-8 are 10xxxxxx.
size_t character_before(const std::string& text, size_t end) {
  while (end > 0 && (static_cast<unsigned char>(text[--end]) & 0xC0) == 0x80) {
  }
  return end;
}

std::string shortened(std::string text, const TextStyle& style, double width, TextMeasure& measure) {
  while (!text.empty() && measure.measure(text + "…", style).width > width)
    text.erase(character_before(text, text.size()));
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text + "…";
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

}  // namespace

std::string fitted(const std::string& text, const TextStyle& style, double width, TextMeasure& measure) {
  std::string plain = plain_text(text, kMostLetters);
  if (measure.measure(plain, style).width <= width) return plain;
  return shortened(std::move(plain), style, width, measure);
}

std::vector<std::string> wrapped(const std::string& text, const TextStyle& style, double width, size_t most,
                                 TextMeasure& measure) {
  std::vector<std::string> lines;
  for (const std::string& word : words_of(plain_text(text, kMostLetters))) {
    const std::string longer = lines.empty() ? word : lines.back() + " " + word;
    const bool fits = measure.measure(longer, style).width <= width;
    if (lines.empty() || (!fits && lines.size() < most))
      lines.push_back(word);
    else
      lines.back() = longer;
  }
  for (std::string& line : lines) line = fitted(line, style, width, measure);
  return lines;
}

}  // namespace orrery::plots
