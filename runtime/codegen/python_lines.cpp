#include "runtime/codegen/python_lines.h"

#include <vector>

#include <fmt/format.h>

namespace orrery {
namespace {

constexpr std::size_t kColumns = 88, kBlanks = 4;

// Calls `visit(at, depth)` for each character outside texts; depth counts the brackets open before it.
template <class Visit>
void outside_texts(std::string_view line, Visit visit) {
  int depth = 0;
  bool in_text = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (in_text && c == '\\') {
      ++at;
      continue;
    }
    if (c == '"') in_text = !in_text;
    if (in_text || c == '"') continue;
    const bool closes = c == ')' || c == ']' || c == '}';
    if (closes) --depth;
    visit(at, depth);
    if (c == '(' || c == '[' || c == '{') ++depth;
  }
}

std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
  return count;
}

struct Brackets {
  std::size_t open = std::string_view::npos, close = std::string_view::npos;
};

// The outermost pair that the statement ends with, but for a colon; of `f(x)(y)` the first one where what
// stands before the last is too long for a line. `room`: the columns that a line has.
Brackets last_brackets(std::string_view line, std::size_t room) {
  std::vector<Brackets> pairs;
  outside_texts(line, [&](std::size_t at, int depth) {
    if (depth != 0) return;
    const char c = line[at];
    if (c == '(' || c == '[' || c == '{') pairs.push_back({at, std::string_view::npos});
    if ((c == ')' || c == ']' || c == '}') && !pairs.empty()) pairs.back().close = at;
  });
  if (pairs.empty() || pairs.back().close == std::string_view::npos) return {};
  const std::string_view behind = line.substr(pairs.back().close + 1);
  if (!behind.empty() && behind != ":") return {};
  std::size_t at = pairs.size() - 1;
  while (at > 0 && pairs[at - 1].close + 1 == pairs[at].open &&
         columns(line.substr(0, pairs[at].open + 1)) > room)
    --at;
  return pairs[at];
}

std::vector<std::string_view> items(std::string_view body) {
  std::vector<std::string_view> found;
  std::size_t begin = 0;
  outside_texts(body, [&](std::size_t at, int depth) {
    if (depth != 0 || body[at] != ',') return;
    found.push_back(body.substr(begin, at - begin));
    begin = at + 2;
  });
  if (begin < body.size()) found.push_back(body.substr(begin));
  return found;
}

// `behind`: of how many columns the line that it ends on needs more.
std::string parted(std::string_view statement, std::size_t indent, std::size_t behind) {
  const std::string blanks(indent, ' ');
  const Brackets brackets = last_brackets(statement, kColumns - indent);
  if (indent + columns(statement) + behind <= kColumns || brackets.open == std::string_view::npos ||
      brackets.close == brackets.open + 1)
    return fmt::format("{}{}\n", blanks, statement);
  const std::string_view body = statement.substr(brackets.open + 1, brackets.close - brackets.open - 1);
  std::string text = fmt::format("{}{}\n", blanks, statement.substr(0, brackets.open + 1));
  if (indent + kBlanks + columns(body) <= kColumns) {
    text += fmt::format("{}{}\n", std::string(indent + kBlanks, ' '), body);
  } else {
    for (const std::string_view item : items(body)) {
      text += parted(item, indent + kBlanks, 1);
      text.insert(text.size() - 1, ",");
    }
  }
  return text + fmt::format("{}{}\n", blanks, statement.substr(brackets.close));
}

}  // namespace

std::string python_statement(std::string_view statement, int depth) {
  return parted(statement, static_cast<std::size_t>(depth) * kBlanks, 0);
}

}  // namespace orrery
