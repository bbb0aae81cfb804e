#include "bindings/index_key.h"

#include <algorithm>

#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "runtime/core/error.h"

namespace orrery::lua {
namespace {

using Kind = IndexPart::Kind;

IndexPart read_slice(lua_State* L, int index) {
  IndexPart part;
  const int count = static_cast<int>(lua_objlen(L, index));
  check(count <= 3, Fault::usage, "indexing: a slice is {{start, end, step}}, got {} numbers", count);
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, index, i);
    part.numbers[i - 1] = read_integer(L, -1, "indexing", "an end of a slice");
    lua_pop(L, 1);
  }
  check(part.numbers[2].value_or(1) > 0, Fault::usage, "indexing: the step of a slice is at least 1, got {}",
        part.numbers[2].value_or(1));
  return part;
}

IndexPart read_word(lua_State* L, int index) {
  const std::string word = lua_tostring(L, index);
  if (word == "...") return {.kind = Kind::ellipsis};
  if (word == "newaxis") return {.kind = Kind::new_axis};
  check(word == ":", Fault::usage, "indexing: '...', ':' and orrery.newaxis are the only words, got '{}'",
        word);
  return {};
}

// Takes the entry off the stack unless it chooses.
IndexPart read_part(lua_State* L) {
  const int index = lua_gettop(L);
  if (is_operand(L, index)) return {.kind = Kind::chosen, .operand = index};
  IndexPart part;
  if (lua_istable(L, index)) {
    part = read_slice(L, index);
  } else if (lua_type(L, index) == LUA_TSTRING) {
    part = read_word(L, index);
  } else {
    part.kind = Kind::element;
    part.numbers[0] = read_integer(L, index, "indexing", "an element");
  }
  lua_pop(L, 1);
  return part;
}

}  // namespace

std::vector<IndexPart> read_key(lua_State* L, int index) {
  std::vector<IndexPart> parts;
  const bool list = lua_istable(L, index);
  const int count = list ? static_cast<int>(lua_objlen(L, index)) : 1;
  luaL_checkstack(L, count + 8, "too many values");
  for (int i = 1; i <= count; ++i) {
    list ? lua_rawgeti(L, index, i) : lua_pushvalue(L, index);
    parts.push_back(read_part(L));
  }
  check(std::ranges::count(parts, Kind::ellipsis, &IndexPart::kind) <= 1, Fault::usage,
        "indexing: only one '...' can stand in a key");
  return parts;
}

int ellipsis_length(const Shape& shape, int taken) {
  const int rank = static_cast<int>(shape.size());
  check(taken <= rank, Fault::usage, "indexing: {} entries are too many for shape {}", taken, str(shape));
  return rank - taken;
}

}  // namespace orrery::lua
