#include "renderers/formats/letters.h"

#include <algorithm>
#include <iterator>

namespace orrery {
namespace {

struct Range {
  char32_t first, last;
};

// General categories Mn and Me of the scripts that labels may hold, joiners, and variation selectors.
constexpr Range kMarks[] = {{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x05BF, 0x05C5},
                            {0x0610, 0x061A}, {0x064B, 0x065F}, {0x0670, 0x0670}, {0x06D6, 0x06ED},
                            {0x0900, 0x0902}, {0x093C, 0x093C}, {0x0941, 0x0948}, {0x094D, 0x094D},
                            {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF},
                            {0x1DC0, 0x1DFF}, {0x200B, 0x200D}, {0x2060, 0x2064}, {0x20D0, 0x20FF},
                            {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xE0000, 0xE01EF}};

// East Asian Width W and F (Unicode Standard Annex 11), and emoji that are drawn as pictures.
constexpr Range kWide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},   {0x25FD, 0x25FE},
    {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x2705, 0x2705},
    {0x270A, 0x270B},   {0x2728, 0x2728},   {0x274C, 0x274C},   {0x2753, 0x2755},   {0x2795, 0x2797},
    {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
    {0x4E00, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
    {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F004, 0x1F004}, {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A},
    {0x1F200, 0x1F320}, {0x1F32D, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F7E0, 0x1F7EB}, {0x1F90C, 0x1F9FF},
    {0x1FA70, 0x1FAFF}, {0x20000, 0x3FFFD}};

template <size_t N>
bool in_ranges(const Range (&ranges)[N], char32_t code) {
  const auto at = std::upper_bound(std::begin(ranges), std::end(ranges), code,
                                   [](char32_t c, const Range& range) { return c < range.first; });
  return at != std::begin(ranges) && code <= std::prev(at)->last;
}

size_t length_of(unsigned char first) { return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4; }

char32_t code_of(std::string_view bytes) {
  if (bytes.size() == 1) return static_cast<unsigned char>(bytes[0]);
  char32_t code = static_cast<unsigned char>(bytes[0]) & (0x7FU >> bytes.size());
  for (char c : bytes.substr(1)) code = code << 6 | (static_cast<unsigned char>(c) & 0x3FU);
  return code;
}

}  // namespace

std::vector<Letter> letters_of(std::string_view text) {
  std::vector<Letter> letters;
  while (!text.empty()) {
    const std::string_view bytes = text.substr(0, length_of(static_cast<unsigned char>(text[0])));
    const char32_t code = code_of(bytes);
    const int columns = code < 0x300 ? 1 : in_ranges(kMarks, code) ? 0 : in_ranges(kWide, code) ? 2 : 1;
    letters.push_back({code, bytes, columns});
    text.remove_prefix(bytes.size());
  }
  return letters;
}

int columns_of(std::string_view text) {
  int columns = 0;
  for (const Letter& letter : letters_of(text)) columns += letter.columns;
  return columns;
}

std::string cut_to_columns(std::string_view text, int most) {
  if (columns_of(text) <= most) return std::string(text);
  std::string result;
  int columns = 1;  // of the ellipsis
  for (const Letter& letter : letters_of(text)) {
    if (columns + letter.columns > most) break;
    columns += letter.columns;
    result += letter.bytes;
  }
  return result + "…";
}

Size ColumnMeasure::measure(const std::string& text, const TextStyle&) {
  return {static_cast<double>(columns_of(text)), 1};
}

}  // namespace orrery
