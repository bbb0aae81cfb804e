#include "renderers/diagram/plain_text.h"

#include <cstdint>

namespace orrery {
namespace {

constexpr char32_t kInvalid = 0xFFFD;

int continuation_bytes(unsigned char first) {
  if (first < 0x80) return 0;
  if (first >= 0xC2 && first < 0xE0) return 1;
  if (first >= 0xE0 && first < 0xF0) return 2;
  if (first >= 0xF0 && first < 0xF5) return 3;
  return -1;
}

bool too_long_or_surrogate(char32_t letter, int more) {
  static constexpr char32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
  return letter < kLeast[more] || letter > 0x10FFFF || (letter >= 0xD800 && letter < 0xE000);
}

// The next character, taken off the text.
char32_t next(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const int more = continuation_bytes(first);
  text.remove_prefix(1);
  if (more <= 0) return more == 0 ? first : kInvalid;
  char32_t letter = first & (0x3F >> more);
  for (int i = 0; i < more; ++i) {
    if (i >= static_cast<int>(text.size()) || (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80)
      return kInvalid;
    letter = letter << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  }
  text.remove_prefix(static_cast<size_t>(more));
  return too_long_or_surrogate(letter, more) ? kInvalid : letter;
}

void append(std::string& to, char32_t letter) {
  if (letter < 0x80) {
    to += static_cast<char>(letter);
    return;
  }
  const int more = letter < 0x800 ? 1 : letter < 0x10000 ? 2 : 3;
  static constexpr unsigned kFirst[] = {0, 0xC0, 0xE0, 0xF0};
  to += static_cast<char>(kFirst[more] | letter >> (6 * more));
  for (int i = more - 1; i >= 0; --i) to += static_cast<char>(0x80 | ((letter >> (6 * i)) & 0x3F));
}

bool is_blank(char32_t letter) {
  return letter == '\n' || letter == '\r' || letter == '\t' || letter == 0x2028 || letter == 0x2029;
}

// C0, C1, marks and overrides of direction, and non-characters.
bool is_dropped(char32_t letter) {
  return letter < 0x20 || (letter >= 0x7F && letter < 0xA0) || letter == 0x061C || letter == 0x200E ||
         letter == 0x200F || (letter >= 0x202A && letter <= 0x202E) ||
         (letter >= 0x2066 && letter <= 0x2069) || letter == 0xFEFF || (letter & 0xFFFE) == 0xFFFE;
}

}  // namespace

std::string plain_text(std::string_view text, size_t most) {
  std::string result;
  size_t count = 0;
  size_t last = 0;  // where the last character that may stay begins
  while (!text.empty()) {
    char32_t letter = next(text);
    if (is_blank(letter)) letter = ' ';
    if (is_dropped(letter)) continue;
    if (++count > most) return result.substr(0, last) + "…";
    last = result.size();
    append(result, letter);
  }
  return result;
}

}  // namespace orrery
