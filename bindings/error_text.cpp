#include "bindings/error_text.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bindings/lua_ref.h"

namespace orrery::lua {
namespace {

constexpr size_t kMostFields = 6;
constexpr size_t kLongestMessage = 60;

// A copy: lua_tolstring would turn a number in a table into a text.
std::string plain_text(lua_State* L, int index) {
  lua_pushvalue(L, index);
  size_t length = 0;
  const char* text = lua_tolstring(L, -1, &length);
  std::string copy(text, length);
  lua_pop(L, 1);
  return copy;
}

std::string shortened(std::string text) {
  if (text.size() <= kLongestMessage) return text;
  text.resize(kLongestMessage);
  return text + "…";
}

std::string text_of_field(lua_State* L, int index) {
  switch (lua_type(L, index)) {
    case LUA_TNIL: return "nil";
    case LUA_TBOOLEAN: return lua_toboolean(L, index) ? "true" : "false";
    case LUA_TNUMBER: return plain_text(L, index);
    case LUA_TSTRING: return "\"" + shortened(plain_text(L, index)) + "\"";
    case LUA_TTABLE: return "{…}";
    default: return fmt::format("({})", lua_typename(L, lua_type(L, index)));
  }
}

// `1` is before `2` and both are before names, which stand in their order.
std::string text_of_table(lua_State* L, int index) {
  struct Field {
    bool named;
    double number;
    std::string key, text;
  };
  std::vector<Field> fields;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    const bool number = lua_type(L, -2) == LUA_TNUMBER, name = lua_type(L, -2) == LUA_TSTRING;
    const std::string key = number || name ? plain_text(L, -2) : text_of_field(L, -2);
    fields.push_back({!number, number ? lua_tonumber(L, -2) : 0, key, text_of_field(L, lua_gettop(L))});
    lua_pop(L, 1);
  }
  std::ranges::sort(fields, [](const Field& a, const Field& b) {
    return std::tie(a.named, a.number, a.key) < std::tie(b.named, b.number, b.key);
  });
  std::vector<std::string> words;
  for (const Field& field : fields) {
    if (words.size() == kMostFields) break;
    words.push_back(field.named ? field.key + " = " + field.text : field.text);
  }
  if (fields.size() > words.size()) words.emplace_back("…");
  return words.empty() ? "{}" : fmt::format("{{ {} }}", fmt::join(words, ", "));
}

// Pushes tostring(value), or false where that fails.
bool speaks(lua_State* L, int index) {
  if (!luaL_getmetafield(L, index, "__tostring")) return false;
  lua_pushvalue(L, index);
  return lua_pcall(L, 1, 1, 0) == 0 && lua_type(L, -1) == LUA_TSTRING;
}

}  // namespace

std::string text_of_error(lua_State* L, int index) {
  const StackGuard guard(L);
  luaL_checkstack(L, 6, "an error value");
  if (index < 0) index += lua_gettop(L) + 1;
  if (lua_type(L, index) == LUA_TSTRING || lua_type(L, index) == LUA_TNUMBER) return plain_text(L, index);
  if (speaks(L, index)) return plain_text(L, -1);
  if (lua_istable(L, index)) return "error value: " + text_of_table(L, index);
  return "error value: " + text_of_field(L, index);
}

}  // namespace orrery::lua
