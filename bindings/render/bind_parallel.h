#pragma once

#include <lua.hpp>

namespace orrery::lua {

/// Adds the functions that draw parallel coordinates to the table on top of the stack.
void add_parallel_functions(lua_State* L);

}  // namespace orrery::lua
