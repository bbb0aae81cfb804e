#include "runtime/codegen/lua_pieces.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/lua_words.h"

namespace orrery {
namespace {

// `{ 1, 2 }` → `1, 2`
std::string without_braces(const std::string& list) {
  constexpr std::size_t kBrace = 2;
  return list.substr(kBrace, list.size() - 2 * kBrace);
}

struct Sorted {
  std::vector<std::string> by_place, named;
};

Sorted sorted(const std::vector<LuaArgument>& arguments) {
  Sorted words;
  bool in_order = true;
  for (const LuaArgument& argument : arguments) {
    // An empty table would be one of options.
    const bool stands = argument.by_place && argument.text != "{}";
    if (argument.is_usual) {
      in_order = in_order && !argument.by_place;
    } else if (stands && in_order) {
      const bool spreads = argument.spreads && argument.text.starts_with("{ ");
      words.by_place.push_back(spreads ? without_braces(argument.text) : argument.text);
      in_order = !argument.spreads;
    } else {
      words.named.push_back(fmt::format("{} = {}", lua_key(argument.name), argument.text));
    }
  }
  return words;
}

std::string call_text(const std::vector<LuaArgument>& arguments) {
  const Sorted words = sorted(arguments);
  const std::string inside = text_of(arguments);
  return words.by_place.empty() && !words.named.empty() ? " " + inside : "(" + inside + ")";
}

std::string piece_text(const LuaPiece& piece, const LuaBlockText& block) {
  switch (piece.kind) {
    case LuaPiece::Kind::text: return piece.text;
    case LuaPiece::Kind::call: return call_text(piece.arguments);
    case LuaPiece::Kind::rest: {
      const std::string inside = text_of(piece.arguments);
      return inside.empty() ? ")" : ", " + inside + ")";
    }
    case LuaPiece::Kind::value: return piece.arguments[0].text;
    case LuaPiece::Kind::block: return block(piece);
  }
  return {};
}

template <class Lines, class Visit>
void visit_all(Lines& lines, const Visit& visit) {
  for (auto& line : lines) {
    for (auto& piece : line.pieces) visit(piece);
    visit_all(line.inner, visit);
    for (auto& piece : line.behind) visit(piece);
  }
}

std::string form_of(const LuaPieces& pieces) {
  std::string form;
  for (const LuaPiece& piece : pieces) {
    form += fmt::format("{}\1{}\1{}\1{}\1", static_cast<int>(piece.kind), piece.text, piece.function,
                        piece.behind);
    for (const LuaArgument& argument : piece.arguments)
      form +=
          fmt::format("{}={}\2", argument.name, argument.is_fixed && !argument.is_usual ? argument.text : "");
  }
  return form;
}

}  // namespace

LuaPieces lua_plain(std::string text) { return {{.text = std::move(text)}}; }

LuaPieces& operator+=(LuaPieces& pieces, const LuaPieces& more) {
  pieces.insert(pieces.end(), more.begin(), more.end());
  return pieces;
}

LuaPieces& operator+=(LuaPieces& pieces, std::string text) {
  pieces.push_back({.text = std::move(text)});
  return pieces;
}

std::string text_of(const LuaPieces& pieces, const LuaBlockText& block) {
  std::string text;
  for (const LuaPiece& piece : pieces) text += piece_text(piece, block);
  return text;
}

std::string text_of(const std::vector<LuaArgument>& arguments) {
  Sorted words = sorted(arguments);
  if (!words.named.empty()) words.by_place.push_back(lua_list(words.named));
  return fmt::format("{}", fmt::join(words.by_place, ", "));
}

void visit_options(std::vector<LuaLine>& lines, const std::function<void(LuaArgument&)>& visit) {
  visit_all(lines, [&](LuaPiece& piece) {
    for (LuaArgument& argument : piece.arguments)
      if (!argument.is_fixed) visit(argument);
  });
}

void visit_pieces(const std::vector<LuaLine>& lines, const std::function<void(const LuaPiece&)>& visit) {
  visit_all(lines, visit);
}

std::string form_of(const std::vector<LuaLine>& lines) {
  std::string form;
  for (const LuaLine& line : lines)
    form += fmt::format("{}\3{}{}\3{}\3{}\3{}\4", line.variable, line.declares, line.returns,
                        form_of(line.pieces), form_of(line.inner), form_of(line.behind));
  return form;
}

}  // namespace orrery
