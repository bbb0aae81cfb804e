// The readers of lua_args.h that need no schema: texts of the command line and plain arguments.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bindings/lua_args.h"
#include "runtime/core/device_name.h"
#include "runtime/core/error.h"

namespace orrery::lua {
namespace {

// A number as Lua writes it, anything else by its type. `lua_tostring` changes what it is asked about, so it
// is asked about a copy.
std::string shown(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TNUMBER) return type_name(L, index);
  lua_pushvalue(L, index);
  const std::string text = lua_tostring(L, -1);
  lua_pop(L, 1);
  return text;
}

[[noreturn]] void refuse(const Attribute& attribute, const std::string& text) {
  fail(Fault::usage, "{} must be {}, got '{}'", attribute.name, describe(attribute), text);
}

double number_of_text(const Attribute& attribute, const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') refuse(attribute, text);
  return number;
}

std::vector<double> numbers_of_text(const Attribute& attribute, std::string text) {
  const bool bracketed = text.starts_with('[') || text.starts_with('{');
  if (bracketed && !text.ends_with(text.front() == '[' ? ']' : '}')) refuse(attribute, text);
  if (bracketed) text = text.substr(1, text.size() - 2);
  std::vector<double> numbers;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    numbers.push_back(number_of_text(attribute, text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return numbers;
}

int text_of_shape(lua_State* L) { return push_text(L, str(read_shape(L, 1, "tostring", "a shape"))), 1; }

}  // namespace

AttributeValue value_of_text(const Attribute& attribute, const std::string& text) {
  if (std::find(attribute.or_text.begin(), attribute.or_text.end(), text) != attribute.or_text.end())
    return text;
  if (attribute.or_false && text == "false") return checked(attribute, false);
  if (attribute.or_boolean && (text == "true" || text == "false")) return checked(attribute, text == "true");
  switch (attribute.type) {
    case AttributeType::boolean:
      if (text == "true" || text == "false") return text == "true";
      refuse(attribute, text);
    case AttributeType::text:
    case AttributeType::dtype: return checked(attribute, text);
    case AttributeType::integer:
    case AttributeType::number:
    case AttributeType::real: return checked(attribute, number_of_text(attribute, text));
    default: return checked(attribute, numbers_of_text(attribute, text));
  }
}

std::string read_string(lua_State* L, int index, const char* function, const char* what) {
  check(lua_type(L, index) == LUA_TSTRING, Fault::usage, "{}: expected {} (a string), got {}", function, what,
        type_name(L, index));
  return std::string(lua_tostring(L, index), lua_objlen(L, index));
}

std::int64_t read_integer(lua_State* L, int index, const char* function, const char* what) {
  const double number = lua_type(L, index) == LUA_TNUMBER ? lua_tonumber(L, index) : 0.5;
  if (std::trunc(number) != number || std::abs(number) > 0x1p53)
    fail(Fault::usage, "{}: expected {} (a whole number), got {}", function, what, shown(L, index));
  return static_cast<std::int64_t>(number);
}

double read_number(lua_State* L, int index, const char* function, const char* what, double usual) {
  if (lua_isnoneornil(L, index)) return usual;
  check(lua_type(L, index) == LUA_TNUMBER, Fault::usage, "{}: {} must be a number, got {}", function, what,
        shown(L, index));
  return lua_tonumber(L, index);
}

Shape read_shape(lua_State* L, int index, const char* function, const char* what) {
  check(lua_istable(L, index), Fault::usage, "{}: expected {} (a list of sizes), got {}", function, what,
        type_name(L, index));
  Shape shape;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    auto dim = to_dim(L, -1);
    if (!dim || (dim->known() && dim->value() < 0))
      fail(Fault::usage, "{}: size {} of {} must be a whole number ≥ 0, got {}", function, i, what,
           shown(L, -1));
    shape.push_back(*dim);
    lua_pop(L, 1);
  }
  return shape;
}

void place_low(lua_State* L, int first, const Descriptor& operation) {
  const bool left_out = operation.name == "randint" && lua_type(L, first) == LUA_TNUMBER &&
                        lua_istable(L, first + 1) && lua_objlen(L, first + 1) > 0;
  if (!left_out) return;
  lua_pushnumber(L, 0);
  lua_insert(L, first);
}

void place_dtype(lua_State* L, const Descriptor& operation) {
  if (operation.name != "to" || lua_type(L, 2) != LUA_TSTRING) return;
  const std::string word = lua_tostring(L, 2);
  if (is_device_name(word)) return;
  check(dtype_from_name(word).has_value(), Fault::usage,
        "to: expected a dtype or a device ('cpu', 'cuda', 'cuda:N'), got '{}'", word);
  const std::string next = lua_type(L, 3) == LUA_TSTRING ? lua_tostring(L, 3) : "";
  check(!is_device_name(next), Fault::usage, "to: the device comes first: to(\"{}\", \"{}\")", next, word);
  lua_pushnil(L);
  lua_insert(L, 2);
}

Extras extras_of_move() { return {{"non_blocking", 0}, {"copy", 0}}; }

bool read_move_flag(lua_State* L, const Extras& extras, const char* name) {
  const int index = extras.at(name);
  if (index == 0 || lua_isnil(L, index)) return false;
  check(lua_isboolean(L, index), Fault::usage, "to: {} must be true or false, got {}", name,
        type_name(L, index));
  return lua_toboolean(L, index) != 0;
}

void push_text(lua_State* L, const std::string& text) { lua_pushlstring(L, text.data(), text.size()); }

void push_shape(lua_State* L, const Shape& shape) {
  lua_createtable(L, static_cast<int>(shape.size()), 0);
  for (size_t i = 0; i < shape.size(); ++i) {
    push_dim(L, shape[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  if (luaL_newmetatable(L, "orrery.shape")) {
    lua_pushcfunction(L, guarded<text_of_shape>);
    lua_setfield(L, -2, "__tostring");
  }
  lua_setmetatable(L, -2);
}

}  // namespace orrery::lua
