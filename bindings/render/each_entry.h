#pragma once

#include <string>
#include <vector>

#include "bindings/lua_args.h"
#include "bindings/lua_object.h"
#include "runtime/core/error.h"

namespace orrery::lua {

/// Calls `read(index)` with each entry of the list at an index of the stack; nothing where that is 0. Throws
/// `Error(Fault::usage)` naming `where` when there is no list. The stack is as before.
template <typename Read>
void each_entry(lua_State* L, int list, const char* where, Read read) {
  if (list == 0) return;
  check(lua_istable(L, list), Fault::usage, "{} is a list, got {}", where, type_name(L, list));
  luaL_checkstack(L, 16, "too many values");
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, list)); ++i) {
    const int top = lua_gettop(L);
    lua_rawgeti(L, list, i);
    read(top + 1);
    lua_settop(L, top);
  }
}

/// The texts of a list, see `each_entry`.
inline std::vector<std::string> read_texts(lua_State* L, int list, const char* where) {
  std::vector<std::string> texts;
  each_entry(L, list, where, [&](int at) { texts.push_back(read_string(L, at, where, "a text")); });
  return texts;
}

}  // namespace orrery::lua
