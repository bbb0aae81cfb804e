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
constexpr int kMostFunctions = 25;
constexpr std::size_t kPathsTold = 3;

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

// Where a statement may go on in the next line, outside of texts: behind commas and operators, before
// methods.
struct Break {
  std::size_t end, next;  ///< of this line, and where the next one begins
  int depth;              ///< the brackets around it
};

bool is_method_call(const std::string& statement, std::size_t at) {
  return statement[at] == ':' && at > 0 && at + 1 < statement.size() &&
         std::string_view(")}]").find(statement[at - 1]) != std::string::npos;
}

std::vector<Break> breaks_of(const std::string& statement) {
  std::vector<Break> places;
  int depth = 0;
  bool in_text = false;
  for (std::size_t at = 0; at < statement.size(); ++at) {
    const char c = statement[at];
    if (in_text && c == '\\') {
      ++at;
      continue;
    }
    if (c == '"') in_text = !in_text;
    if (in_text || at == 0) continue;
    if (std::string_view("([{").find(c) != std::string::npos) ++depth;
    if (std::string_view(")]}").find(c) != std::string::npos) --depth;
    if (is_method_call(statement, at)) places.push_back({at, at, depth});
    if (c != ' ') continue;
    const char before = statement[at - 1];
    const bool is_sign =
        at >= 2 && statement[at - 2] == ' ' && std::string_view("+-*/%^").find(before) != std::string::npos;
    if (before == ',' || before == '{' || is_sign) places.push_back({at, at + 1, depth});
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
    has_table_ = std::ranges::count(functions.all, true, &LuaBlockFunction::stands_apart) > kMostFunctions;
  }

  std::string print() {
    const auto layers = static_cast<std::ptrdiff_t>(file_.layers.made_by(file_.graph.root()).size());
    const auto& lines = functions_.script.lines;
    if (file_.layers.has_table()) text_ += "local layers = {}\n";
    print({lines.begin(), lines.begin() + layers}, 0);
    if (has_table_) text_ += "local blocks = {}\n\n";
    for (const LuaBlockFunction& function : functions_.all)
      if (function.stands_apart) define(function);
    const std::vector<LuaLine> own(lines.begin() + layers, lines.end());
    define_inside(own, 0);
    print(own, 0);
    return std::move(text_);
  }

 private:
  const LuaBlockFunction& function_of(const LuaPiece& piece) const {
    return functions_.all[static_cast<std::size_t>(piece.function)];
  }
  bool is_apart(const LuaPiece& piece) const { return function_of(piece).stands_apart; }

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
    print_body(function.body, depth + 1);
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

  // Layers that several functions apply stand before those.
  void print_body(const LuaFunction& body, int depth) {
    const auto layers = static_cast<std::ptrdiff_t>(file_.layers.made_by(*body.block).size());
    print({body.lines.begin(), body.lines.begin() + layers}, depth);
    define_inside(body.lines, depth);
    print({body.lines.begin() + layers, body.lines.end()}, depth);
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
    std::optional<Break> place;
    for (const Break& at : breaks_of(rest)) {
      const bool fits = indent + width_of(rest.substr(0, at.end)) <= kWidth;
      if (!place || (fits && at.depth <= place->depth)) place = at;
    }
    if (!place) break;
    text += std::string(indent, ' ') + rest.substr(0, place->end) + "\n";
    rest = rest.substr(place->next);
    indent = (static_cast<std::size_t>(depth) + 1) * kStep;
  }
  return text + std::string(indent, ' ') + rest + "\n";
}

}  // namespace orrery
