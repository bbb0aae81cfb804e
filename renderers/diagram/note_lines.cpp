#include "renderers/diagram/note_lines.h"

#include <algorithm>
#include <sstream>

#include "renderers/diagram/plain_text.h"

namespace orrery {
namespace {

constexpr size_t kLine = 30, kLongestNote = 400;

// Of a text in UTF-8.
size_t letters_of(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::vector<std::string> note_lines(const std::string& note) {
  std::vector<std::string> lines;
  std::istringstream parts(note);
  for (std::string part; std::getline(parts, part);) {
    std::istringstream words(plain_text(part, kLongestNote));
    std::string line;
    for (std::string word; words >> word;) {
      if (!line.empty() && letters_of(line) + 1 + letters_of(word) > kLine) {
        lines.push_back(line);
        line.clear();
      }
      line += (line.empty() ? "" : " ") + word;
    }
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

}  // namespace orrery
