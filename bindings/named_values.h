#pragma once

#include <vector>

#include <lua.hpp>

#include "runtime/governors/saver.h"

namespace orrery::lua {

/// Reads a Value, a list of them, or `{ name = value }`, in the order of the names: for the values of a list
/// they are the paths of their nodes (`path:output` of one with several outputs), for those of a table its
/// keys. At least one. `function` begins the messages.
std::vector<NamedValue> read_named_values(lua_State* L, int index, const char* function);

}  // namespace orrery::lua
