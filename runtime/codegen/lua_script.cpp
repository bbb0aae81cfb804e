#include "runtime/codegen/lua_script.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/lua_words.h"

namespace orrery {
namespace {

constexpr std::size_t kWidth = 100, kStep = 2;
// LuaJIT takes 60 locals of other functions in one, and 200 in one.
constexpr int kMostFunctions = 25, kMostInside = 40, kDeepestInside = 3;
constexpr std::size_t kPathsTold = 3;

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

// Behind which characters a statement may go on in the next line: commas and operators, outside of texts.
std::vector<std::size_t> breaks_of(const std::string& statement) {
  std::vector<std::size_t> places;
  bool in_text = false;
  for (std::size_t at = 0; at < statement.size(); ++at) {
    const char c = statement[at];
    if (in_text && c == '\\') {
      ++at;
      continue;
    }
    if (c == '"') in_text = !in_text;
    if (in_text || c != ' ' || at == 0) continue;
    const char before = statement[at - 1];
    if (before == ',' || before == '{') places.push_back(at);
    if (at >= 2 && statement[at - 2] == ' ' && std::string_view("+-*/%^").find(before) != std::string::npos)
      places.push_back(at);
  }
  return places;
}

// A number at the end of a text: `layer` and 3 of `"layer3"`.
struct Numbered {
  std::string words;
  int number = 0;
};

std::optional<Numbered> numbered(const std::string& quoted) {
  if (quoted.size() < 3 || quoted.front() != '"') return std::nullopt;
  const std::string text = quoted.substr(1, quoted.size() - 2);
  const std::size_t end = text.find_last_not_of("0123456789");
  const std::size_t begin = end == std::string::npos ? 0 : end + 1;
  constexpr std::size_t kMostDigits = 6;
  if (begin == text.size() || text.size() - begin > kMostDigits) return std::nullopt;
  if (text[begin] == '0' && begin + 1 < text.size()) return std::nullopt;
  return Numbered{text.substr(0, begin), std::stoi(text.substr(begin))};
}

class Printer {
 public:
  Printer(const LuaFile& file, const LuaFunctions& functions) : file_(file), functions_(functions) {
    readers_.assign(functions.all.size(), 0);
    for (const LuaBlockFunction& each : functions.all) count(each.body.lines);
    count(functions.script.lines);
    place(functions.script.lines, 0);
    const auto apart = std::ranges::count(is_apart_, true);
    has_table_ = apart > kMostFunctions;
  }

  std::string print() {
    const auto layers = static_cast<std::ptrdiff_t>(file_.layers.made_by(file_.graph.root()).size());
    const auto& lines = functions_.script.lines;
    if (file_.layers.has_table()) text_ += "local layers = {}\n";
    print({lines.begin(), lines.begin() + layers}, 0);
    if (has_table_) text_ += "local blocks = {}\n\n";
    for (std::size_t at = 0; at < functions_.all.size(); ++at)
      if (is_apart_[at]) define(functions_.all[at]);
    const std::vector<LuaLine> own(lines.begin() + layers, lines.end());
    define_inside(own, 0);
    print(own, 0);
    return std::move(text_);
  }

 private:
  void count(const std::vector<LuaLine>& lines) {
    visit_pieces(lines, [&](const LuaPiece& piece) {
      if (piece.function >= 0) ++readers_[static_cast<std::size_t>(piece.function)];
    });
  }

  // Which functions stand apart: those of several places, with parameters, or too deep inside others.
  void place(const std::vector<LuaLine>& lines, int depth) {
    if (is_apart_.empty()) is_apart_.assign(functions_.all.size(), false);
    int inside = 0;
    visit_pieces(lines, [&](const LuaPiece& piece) {
      if (piece.function < 0) return;
      const auto at = static_cast<std::size_t>(piece.function);
      const LuaBlockFunction& function = functions_.all[at];
      const bool is_bound = file_.layers.is_bound(*function.body.block);
      const bool fits =
          readers_[at] == 1 && function.parameters.empty() && depth < kDeepestInside && inside < kMostInside;
      if (!fits && !is_bound) is_apart_[at] = true;
      if (!is_apart_[at]) ++inside;
      place(function.body.lines, is_apart_[at] ? 1 : depth + 1);
    });
  }

  const LuaBlockFunction& function_of(const LuaPiece& piece) const {
    return functions_.all[static_cast<std::size_t>(piece.function)];
  }
  bool is_apart(const LuaPiece& piece) const { return is_apart_[static_cast<std::size_t>(piece.function)]; }

  std::string name_of(const LuaBlockFunction& function) const {
    return has_table_ ? "blocks." + function.name : function.name;
  }

  // `building_block("0", 64)`, or the name of the local that the function is made as.
  std::string block_text(const LuaPiece& piece) const {
    if (!is_apart(piece)) return piece.text;
    std::vector<std::string> words;
    for (const LuaArgument& argument : piece.arguments)
      words.push_back(argument.is_usual ? "nil" : argument.text);
    while (!words.empty() && words.back() == "nil") words.pop_back();
    return fmt::format("{}({}){}", name_of(function_of(piece)), fmt::join(words, ", "), piece.behind);
  }

  std::string words(const LuaPieces& pieces) const {
    return text_of(pieces, [&](const LuaPiece& piece) { return block_text(piece); });
  }

  void add(const std::string& statement, int depth) { text_ += lua_statement(statement, depth); }

  static std::string target(const LuaLine& line) {
    if (line.returns) return "return ";
    if (line.variable.empty()) return {};
    return (line.declares ? "local " : "") + line.variable + " = ";
  }

  // The block's function and what it is made with, between `before` and `behind`.
  void write_block(const LuaBlockFunction& function, const std::string& before, const std::string& behind,
                   int depth) {
    std::vector<LuaArgument> options(function.block.begin() + 1, function.block.end());
    std::string end = "end";
    if (const std::string rest = text_of(options); !rest.empty()) end += ", " + rest;
    const std::string& name = function.block[0].text;
    add(fmt::format("{}g:block({}, function({})", before, name, fmt::join(function.body.parameters, ", ")),
        depth);
    define_inside(function.body.lines, depth + 1);
    print(function.body.lines, depth + 1);
    add(end + ")" + behind, depth);
  }

  std::string origin(const LuaBlockFunction& function) const {
    const auto& paths = function.paths;
    const auto told = std::min(paths.size(), paths.size() == kPathsTold + 1 ? paths.size() : kPathsTold);
    std::string text =
        fmt::format("{}", fmt::join(paths.begin(), paths.begin() + static_cast<std::ptrdiff_t>(told), ", "));
    if (told < paths.size()) text += fmt::format(" and {} more", paths.size() - told);
    return lua_comment(text);
  }

  void define(const LuaBlockFunction& function) {
    std::vector<std::string> names;
    for (const auto& parameter : function.parameters) names.push_back(parameter.name);
    text_ += origin(function) + "\n";
    add(fmt::format("{}function {}({})", has_table_ ? "" : "local ", name_of(function),
                    fmt::join(names, ", ")),
        0);
    write_block(function, "return ", "", 1);
    text_ += "end\n\n";
  }

  // The functions that stand in the one that calls them, at its beginning.
  void define_inside(const std::vector<LuaLine>& lines, int depth) {
    for (const LuaLine& line : lines) {
      for (const LuaPiece& piece : line.pieces) {
        if (piece.kind != LuaPiece::Kind::block || is_apart(piece)) continue;
        write_block(function_of(piece), fmt::format("local {} = ", piece.text), piece.behind, depth);
        if (depth == 0) text_ += "\n";
      }
    }
  }

  void print(const std::vector<LuaLine>& lines, int depth) {
    for (std::size_t at = 0; at < lines.size();) {
      const std::size_t count = repeats(lines, at);
      if (count > 1)
        print_loop(lines, at, count, depth);
      else
        print(lines[at], depth);
      at += count;
      if (lines[at - 1].ends_part) text_ += "\n";
    }
  }

  void print(const LuaLine& line, int depth) {
    const bool is_defined = line.pieces.size() == 1 && line.pieces[0].kind == LuaPiece::Kind::block &&
                            !is_apart(line.pieces[0]) && line.variable == line.pieces[0].text;
    if (is_defined) return;
    add(target(line) + words(line.pieces), depth);
    if (line.behind.empty()) return;
    define_inside(line.inner, depth + 1);
    print(line.inner, depth + 1);
    add(words(line.behind), depth);
  }

  // Repeats.

  bool is_step(const LuaLine& line) const {
    return line.pieces.size() == 4 && line.pieces[0].kind == LuaPiece::Kind::block &&
           is_apart(line.pieces[0]) && line.pieces[1].text == "(" && line.pieces[3].text == ")" &&
           !line.returns && line.inner.empty();
  }

  // What each step of a loop counts: the number in the blocks' names; nothing when all have one name.
  struct Count {
    std::ptrdiff_t argument = -1;
    Numbered first = {};
  };

  static std::optional<Count> count_between(const LuaPiece& a, const LuaPiece& b) {
    Count found;
    if (a.function != b.function || a.behind != b.behind) return std::nullopt;
    for (std::size_t at = 0; at < a.arguments.size(); ++at) {
      const LuaArgument &one = a.arguments[at], &other = b.arguments[at];
      if (one.is_usual == other.is_usual && (one.is_usual || one.text == other.text)) continue;
      const auto from = numbered(one.text), to = numbered(other.text);
      const bool next = from && to && from->words == to->words && from->number + 1 == to->number;
      if (found.argument >= 0 || !next) return std::nullopt;
      found = {static_cast<std::ptrdiff_t>(at), *from};
    }
    return found;
  }

  // How many lines from here on are one loop; at least three of them are, else each stands alone.
  std::size_t repeats(const std::vector<LuaLine>& lines, std::size_t at) const {
    if (!is_step(lines[at])) return 1;
    std::size_t end = at + 1;
    std::optional<Count> common;
    for (; end < lines.size() && is_step(lines[end]); ++end) {
      if (lines[end].variable != lines[at].variable || lines[end].declares) break;
      if (words({lines[end].pieces[2]}) != lines[at].variable) break;
      const auto found = count_between(lines[end - 1].pieces[0], lines[end].pieces[0]);
      if (!found || (common && common->argument != found->argument)) break;
      common = found;
    }
    constexpr std::size_t kFewest = 3;
    return end - at >= kFewest ? end - at : 1;
  }

  void print_loop(const std::vector<LuaLine>& lines, std::size_t at, std::size_t steps, int depth) {
    const LuaLine& line = lines[at];
    const std::string& variable = line.variable;
    const std::string from = words({line.pieces[2]});
    if (from != variable) add(target(line) + from, depth);
    LuaPiece block = line.pieces[0];
    const Count counted = *count_between(block, lines[at + 1].pieces[0]);
    std::string range = fmt::format("_ = 1, {}", steps);
    if (counted.argument >= 0) {
      const auto& [name, first] = counted.first;
      range = fmt::format("i = {}, {}", first, first + static_cast<int>(steps) - 1);
      block.arguments[static_cast<std::size_t>(counted.argument)].text =
          name.empty() ? "tostring(i)" : fmt::format("\"{}\" .. i", name);
    }
    const std::string step = fmt::format("{} = {}({})", variable, block_text(block), variable);
    const std::string whole = fmt::format("for {} do {} end", range, step);
    if (depth * kStep + whole.size() <= kWidth) return add(whole, depth);
    add(fmt::format("for {} do", range), depth);
    add(step, depth + 1);
    add("end", depth);
  }

  const LuaFile& file_;
  const LuaFunctions& functions_;
  std::vector<int> readers_;  // of each function, the places that call it
  std::vector<bool> is_apart_;
  bool has_table_ = false;
  std::string text_;
};

}  // namespace

std::string lua_script(const LuaFile& file, const LuaFunctions& functions) {
  return Printer(file, functions).print();
}

std::string lua_statement(const std::string& statement, int depth) {
  std::size_t indent = static_cast<std::size_t>(depth) * kStep;
  std::string rest = statement, text;
  while (indent + width_of(rest) > kWidth) {
    std::size_t place = 0;
    for (const std::size_t at : breaks_of(rest))
      if (indent + width_of(rest.substr(0, at)) <= kWidth || place == 0) place = at;
    if (place == 0) break;
    text += std::string(indent, ' ') + rest.substr(0, place) + "\n";
    rest = rest.substr(place + 1);
    indent = (static_cast<std::size_t>(depth) + 1) * kStep;
  }
  return text + std::string(indent, ' ') + rest + "\n";
}

}  // namespace orrery
