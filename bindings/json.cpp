#include "bindings/json.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "bindings/lua_args.h"
#include "bindings/lua_object.h"
#include "runtime/core/strict_json.h"

namespace orrery::lua {
namespace {

constexpr int kDeepest = 100;

nlohmann::json read(lua_State* L, int index, int depth);

nlohmann::json read_number(double number) {
  if (!std::isfinite(number)) return nullptr;
  if (std::trunc(number) == number && std::abs(number) <= 0x1p53) return static_cast<std::int64_t>(number);
  return number;
}

nlohmann::json read_array(lua_State* L, int index, int depth) {
  nlohmann::json array = nlohmann::json::array();
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    array.push_back(read(L, lua_gettop(L), depth + 1));
    lua_pop(L, 1);
  }
  return array;
}

nlohmann::json read_object(lua_State* L, int index, int depth) {
  nlohmann::json object = nlohmann::json::object();
  lua_pushnil(L);
  while (lua_next(L, index)) {
    check(lua_type(L, -2) == LUA_TSTRING, Fault::usage, "a JSON object has text as keys, got {}",
          type_name(L, -2));
    object[std::string(lua_tostring(L, -2), lua_objlen(L, -2))] = read(L, lua_gettop(L), depth + 1);
    lua_pop(L, 1);
  }
  return object;
}

// A table that is empty does not tell what it is; one whose metatable has `__array` is an array.
bool is_array(lua_State* L, int index) {
  if (lua_objlen(L, index) > 0) return true;
  const bool marked = luaL_getmetafield(L, index, "__array") != 0;
  if (marked) lua_pop(L, 1);
  return marked;
}

nlohmann::json read(lua_State* L, int index, int depth) {
  check(depth < kDeepest, Fault::usage, "a table deeper than {} cannot become JSON (does it hold itself?)",
        kDeepest);
  luaL_checkstack(L, 4, "too many values");
  switch (lua_type(L, index)) {
    case LUA_TNIL: return nullptr;
    case LUA_TBOOLEAN: return lua_toboolean(L, index) != 0;
    case LUA_TNUMBER: return read_number(lua_tonumber(L, index));
    case LUA_TSTRING: return std::string(lua_tostring(L, index), lua_objlen(L, index));
    case LUA_TTABLE: return is_array(L, index) ? read_array(L, index, depth) : read_object(L, index, depth);
    default: fail(Fault::usage, "{} cannot become JSON", type_name(L, index));
  }
}

void push(lua_State* L, const nlohmann::json& value) {
  luaL_checkstack(L, 4, "too many values");
  if (value.is_null()) return lua_pushnil(L);
  if (value.is_boolean()) return lua_pushboolean(L, value.get<bool>());
  if (value.is_number()) return lua_pushnumber(L, value.get<double>());
  if (value.is_string()) return push_text(L, value.get<std::string>());
  lua_newtable(L);
  for (const auto& [key, item] : value.items()) {
    if (value.is_array()) {
      lua_pushnumber(L, static_cast<double>(lua_objlen(L, -1) + 1));
    } else {
      push_text(L, key);
    }
    push(L, item);
    lua_rawset(L, -3);
  }
}

}  // namespace

void push_json(lua_State* L, const std::string& text, const std::string& what) {
  push(L, parse_strict_json(text, what));
}

int push_json_items(lua_State* L, const std::string& array) {
  const nlohmann::json items = nlohmann::json::parse(array);
  for (const nlohmann::json& item : items) push(L, item);
  return static_cast<int>(items.size());
}

std::string json_of(lua_State* L, int index) {
  // Bytes that are no UTF-8 are replaced: JSON has no other text.
  return read(L, index, 0).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace orrery::lua
