#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "runtime/core/error.h"

namespace orrery::lua {

bool is_list_type(const Attribute& attribute) {
  switch (attribute.type) {
    case AttributeType::sizes:
    case AttributeType::integers:
    case AttributeType::reals:
    case AttributeType::shape:
    case AttributeType::tensor: return true;
    default: return false;
  }
}

namespace {

[[noreturn]] void refuse(const Attribute& attribute, const std::string& got) {
  fail(Fault::usage, "{} must be {}, got {}", attribute.name, describe(attribute), got);
}

// The last place of a list that may have holes.
int last_entry(lua_State* L, int index, const Attribute& attribute) {
  constexpr int kMost = 64;
  double last = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pop(L, 1);
    last = std::max(last, lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0);
  }
  if (!(last <= kMost) || std::trunc(last) != last)
    refuse(attribute, fmt::format("a list with the place {}", last));
  return static_cast<int>(last);
}

// In a list whose entries may be names of symbols, or nil: the one on top as a number or a Dim.
void replace_name(lua_State* L) {
  if (!lua_isnil(L, -1) && lua_type(L, -1) != LUA_TSTRING) return;
  const Dim dim = lua_isnil(L, -1) ? Dim(-1) : parse_dim(std::string(lua_tostring(L, -1), lua_objlen(L, -1)));
  push_dim(L, dim);
  lua_replace(L, -2);
}

AttributeValue read_list(lua_State* L, int index, const Attribute& attribute) {
  luaL_checkstack(L, 2, "too many values");
  const int count =
      attribute.names ? last_entry(L, index, attribute) : static_cast<int>(lua_objlen(L, index));
  std::vector<double> numbers;
  Shape shape;
  bool symbolic = false;
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, index, i);
    if (attribute.names) replace_name(L);
    if (lua_type(L, -1) == LUA_TNUMBER) {
      numbers.push_back(lua_tonumber(L, -1));
    } else if (!is<Dim>(L, -1)) {
      refuse(attribute, fmt::format("{} in its list", type_name(L, -1)));
    }
    if (auto dim = to_dim(L, -1)) {
      symbolic = symbolic || !dim->known();
      shape.push_back(*dim);
    }
    lua_pop(L, 1);
  }
  if (!symbolic) return numbers;
  check(static_cast<int>(shape.size()) == count, Fault::usage, "{} must be {}, got a list with a fraction",
        attribute.name, describe(attribute));
  return shape;
}

// A list of words as their text.
std::string read_words(lua_State* L, int index, const Attribute& attribute) {
  luaL_checkstack(L, 1, "too many values");
  std::string words;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    if (lua_type(L, -1) != LUA_TSTRING) refuse(attribute, fmt::format("{} in its list", type_name(L, -1)));
    words += (i == 1 ? "" : ",") + std::string(lua_tostring(L, -1), lua_objlen(L, -1));
    lua_pop(L, 1);
  }
  return words;
}

struct Push {
  lua_State* L;
  void operator()(std::monostate) const { lua_pushnil(L); }
  void operator()(bool value) const { lua_pushboolean(L, value); }
  void operator()(std::int64_t value) const { lua_pushnumber(L, static_cast<double>(value)); }
  void operator()(double value) const { lua_pushnumber(L, value); }
  void operator()(const std::string& value) const { push_text(L, value); }
  void operator()(DType dtype) const { push_text(L, std::string(name(dtype))); }
  void operator()(const Shape& shape) const { push_shape(L, shape); }
  void operator()(const auto& numbers) const {
    lua_createtable(L, static_cast<int>(numbers.size()), 0);
    for (size_t i = 0; i < numbers.size(); ++i) {
      lua_pushnumber(L, static_cast<double>(numbers[i]));
      lua_rawseti(L, -2, static_cast<int>(i) + 1);
    }
  }
};

// A tensor's sizes; a list of numbers is a tensor of one dimension.
Shape sizes_of_tensor(lua_State* L, int index, const Attribute& attribute) {
  if (lua_istable(L, index)) return {Dim(static_cast<std::int64_t>(lua_objlen(L, index)))};
  if (!is<Parameter>(L, index) && !box_at(L, index, kTensorClass)) refuse(attribute, type_name(L, index));
  lua_getfield(L, index, "shape");
  const Shape shape = read_shape(L, lua_gettop(L), attribute.name.c_str(), "a shape");
  lua_pop(L, 1);
  return shape;
}

}  // namespace

AttributeValue read_value(lua_State* L, int index, const Attribute& attribute) {
  if (attribute.type == AttributeType::tensor && !lua_isnil(L, index))
    return sizes_of_tensor(L, index, attribute);
  switch (lua_type(L, index)) {
    case LUA_TNIL: return {};
    case LUA_TBOOLEAN: return lua_toboolean(L, index) != 0;
    case LUA_TNUMBER: return lua_tonumber(L, index);
    case LUA_TSTRING: return std::string(lua_tostring(L, index), lua_objlen(L, index));
    case LUA_TTABLE:
      if (is_list_type(attribute)) return read_list(L, index, attribute);
      if (attribute.several) return read_words(L, index, attribute);
      break;
    default:
      if (is<Dim>(L, index) && is_list_type(attribute)) return Shape{get<Dim>(L, index)};
  }
  refuse(attribute, type_name(L, index));
}

void push_value(lua_State* L, const AttributeValue& value) {
  luaL_checkstack(L, 4, "too many values");
  std::visit(Push{L}, value);
}

}  // namespace orrery::lua
