#include "bindings/json.h"

#include <cmath>
#include <limits>
#include <optional>

#include <nlohmann/json.hpp>

#include "bindings/lua_args.h"
#include "bindings/lua_object.h"
#include "runtime/core/strict_json.h"

namespace orrery::lua {
namespace {

constexpr int kDeepest = 100;

// What JSON has no number for, where nothing may be lost: { "$number": "inf" }.
constexpr const char* kNumberKey = "$number";
constexpr std::pair<const char*, double> kNumbers[] = {{"nan", std::numeric_limits<double>::quiet_NaN()},
                                                       {"inf", std::numeric_limits<double>::infinity()},
                                                       {"-inf", -std::numeric_limits<double>::infinity()}};

std::string word_of(double number) { return std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf"; }

// A table that is empty does not tell what it is; one whose metatable has `__array` is an array.
bool is_array(lua_State* L, int index) {
  if (lua_objlen(L, index) > 0) return true;
  const bool marked = luaL_getmetafield(L, index, "__array") != 0;
  if (marked) lua_pop(L, 1);
  return marked;
}

/// Makes JSON of Lua data; `whole`: so that it can be had back as it was.
class JsonReader {
 public:
  JsonReader(lua_State* L, bool whole) : L_(L), whole_(whole) {}

  nlohmann::json read(int index, int depth = 0) const {
    check(depth < kDeepest, Fault::usage, "a table deeper than {} cannot become JSON (does it hold itself?)",
          kDeepest);
    luaL_checkstack(L_, 4, "too many values");
    switch (lua_type(L_, index)) {
      case LUA_TNIL: return nullptr;
      case LUA_TBOOLEAN: return lua_toboolean(L_, index) != 0;
      case LUA_TNUMBER: return number(lua_tonumber(L_, index));
      case LUA_TSTRING: return std::string(lua_tostring(L_, index), lua_objlen(L_, index));
      case LUA_TTABLE: return is_array(L_, index) ? array(index, depth) : object(index, depth);
      default: fail(Fault::usage, "{} cannot become JSON", type_name(L_, index));
    }
  }

 private:
  nlohmann::json number(double number) const {
    if (!std::isfinite(number) && whole_) return nlohmann::json::object({{kNumberKey, word_of(number)}});
    if (!std::isfinite(number)) return nullptr;
    if (std::trunc(number) == number && std::abs(number) <= 0x1p53) return static_cast<std::int64_t>(number);
    return number;
  }

  nlohmann::json array(int index, int depth) const {
    const auto count = static_cast<int>(lua_objlen(L_, index));
    check(!whole_ || entries(index) == count, Fault::usage,
          "a list with holes, or with names beside its entries, cannot be kept");
    nlohmann::json array = nlohmann::json::array();
    for (int i = 1; i <= count; ++i) {
      lua_rawgeti(L_, index, i);
      array.push_back(read(lua_gettop(L_), depth + 1));
      lua_pop(L_, 1);
    }
    return array;
  }

  nlohmann::json object(int index, int depth) const {
    nlohmann::json object = nlohmann::json::object();
    lua_pushnil(L_);
    while (lua_next(L_, index)) {
      check(lua_type(L_, -2) == LUA_TSTRING, Fault::usage, "a JSON object has text as keys, got {}",
            type_name(L_, -2));
      const std::string key(lua_tostring(L_, -2), lua_objlen(L_, -2));
      check(!whole_ || key != kNumberKey, Fault::usage, "the key '{}' is Orrery's own", key);
      object[key] = read(lua_gettop(L_), depth + 1);
      lua_pop(L_, 1);
    }
    return object;
  }

  int entries(int index) const {
    int count = 0;
    lua_pushnil(L_);
    for (; lua_next(L_, index); ++count) lua_pop(L_, 1);
    return count;
  }

  lua_State* L_;
  bool whole_;
};

// Bytes that are no UTF-8 are replaced: JSON has no other text.
std::string text_of_json(lua_State* L, int index, bool whole) {
  return JsonReader(L, whole).read(index).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<double> number_without_json(const nlohmann::json& value) {
  if (!value.is_object() || value.size() != 1 || !value.contains(kNumberKey)) return std::nullopt;
  for (const auto& [word, number] : kNumbers)
    if (value[kNumberKey] == word) return number;
  return std::nullopt;
}

void push(lua_State* L, const nlohmann::json& value) {
  luaL_checkstack(L, 4, "too many values");
  if (value.is_null()) return lua_pushnil(L);
  if (value.is_boolean()) return lua_pushboolean(L, value.get<bool>());
  if (value.is_number()) return lua_pushnumber(L, value.get<double>());
  if (value.is_string()) return push_text(L, value.get<std::string>());
  if (const auto number = number_without_json(value)) return lua_pushnumber(L, *number);
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

std::string json_of(lua_State* L, int index) { return text_of_json(L, index, false); }

std::string whole_json_of(lua_State* L, int index) { return text_of_json(L, index, true); }

}  // namespace orrery::lua
