#include "runtime/formats/csv_cells.h"

#include <algorithm>
#include <array>

namespace orrery {
namespace {

std::string_view trimmed(std::string_view text, char delimiter) {
  const auto blank = [&](char c) { return (c == ' ' || c == '\t') && c != delimiter; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// The place of the quote that closes the one at the start of `text`.
std::size_t closing_quote(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '"') continue;
    if (i + 1 == text.size() || text[i + 1] != '"') return i;
    ++i;
  }
  return text.npos;
}

std::size_t skip_blanks(std::string_view line, std::size_t at, char delimiter) {
  while (at < line.size() && (line[at] == ' ' || line[at] == '\t') && line[at] != delimiter) ++at;
  return at;
}

}  // namespace

std::optional<std::string> split_csv_line(std::string_view line, char delimiter,
                                          std::vector<std::string_view>& cells) {
  cells.clear();
  for (std::size_t start = 0;;) {
    const std::size_t first = skip_blanks(line, start, delimiter);
    std::size_t search = first;
    if (first < line.size() && line[first] == '"') {
      const std::size_t closing = closing_quote(line.substr(first));
      if (closing == line.npos) return "a quote is opened and not closed";
      search = skip_blanks(line, first + closing + 1, delimiter);
      if (search < line.size() && line[search] != delimiter) return "there is text behind a closing quote";
    }
    const std::size_t end = std::min(line.find(delimiter, search), line.size());
    cells.push_back(trimmed(line.substr(first, end - first), delimiter));
    if (end == line.size()) return std::nullopt;
    start = end + 1;
  }
}

std::string csv_cell_text(std::string_view cell) {
  if (cell.size() < 2 || cell.front() != '"') return std::string(cell);
  std::string text;
  for (std::size_t i = 1; i + 1 < cell.size(); ++i) {
    if (cell[i] == '"') ++i;
    text += cell[i];
  }
  return text;
}

char guess_csv_delimiter(std::string_view line) {
  static constexpr std::array kDelimiters{',', '\t', ';', '|'};
  std::array<std::size_t, kDelimiters.size()> counts{};
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    const auto found = std::find(kDelimiters.begin(), kDelimiters.end(), c);
    if (!quoted && found != kDelimiters.end())
      ++counts[static_cast<std::size_t>(found - kDelimiters.begin())];
  }
  return kDelimiters[static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) -
                                              counts.begin())];
}

}  // namespace orrery
