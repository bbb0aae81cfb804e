#pragma once

#include <functional>
#include <string>
#include <vector>

namespace orrery {

/// An argument of a call: an option of a layer, an operand, what a function of blocks is called with.
struct LuaArgument {
  std::string name, text;
  bool by_place = false;  ///< stands without its name as long as none before it is left out
  bool is_usual = false;  ///< it is the default, and may be left out
  bool spreads =
      false;  ///< a list whose items may stand one after the other, as the last that stand by place
  bool is_fixed = false;  ///< no option: blocks that differ in it differ in what they do
};

/// A part of an expression.
struct LuaPiece {
  enum class Kind {
    text,
    call,   ///< the arguments in their brackets
    rest,   ///< the arguments behind a first one, and the closing bracket
    value,  ///< the one argument's text
    block,  ///< the function of a block: `text` where it has a name, else made with the arguments
  } kind = Kind::text;
  std::string text = {};
  std::vector<LuaArgument> arguments = {};
  int function = -1;        ///< of a block: which of the functions (lua_functions.h)
  std::string behind = {};  ///< of a block: `:freeze()`
};

using LuaPieces = std::vector<LuaPiece>;

LuaPieces lua_plain(std::string text);
LuaPieces& operator+=(LuaPieces& pieces, const LuaPieces& more);
LuaPieces& operator+=(LuaPieces& pieces, std::string text);

/// Writes the piece of a block.
using LuaBlockText = std::function<std::string(const LuaPiece&)>;

std::string text_of(const LuaPieces& pieces, const LuaBlockText& block);

/// What stands between the brackets of a call: what stands by place, then the others in a table.
std::string text_of(const std::vector<LuaArgument>& arguments);

/// A statement; of a function among its arguments, the lines inside.
struct LuaLine {
  std::string variable = {};  ///< what is set, `x` or `h, c`; empty: nothing
  bool declares = false;      ///< it is a new local
  bool returns = false;
  LuaPieces pieces = {};
  std::vector<LuaLine> inner = {};
  LuaPieces behind = {};   ///< what follows the function's `end`
  bool ends_part = false;  ///< an empty line follows
};

/// Calls `visit` for every argument of the lines that is an option, in order.
void visit_options(std::vector<LuaLine>& lines, const std::function<void(LuaArgument&)>& visit);
/// Calls `visit` for every piece, in order.
void visit_pieces(const std::vector<LuaLine>& lines, const std::function<void(const LuaPiece&)>& visit);

/// All but the values of the options: equal for lines that do the same.
std::string form_of(const std::vector<LuaLine>& lines);

}  // namespace orrery
