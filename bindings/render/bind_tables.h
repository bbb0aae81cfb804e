#pragma once

#include <lua.hpp>

namespace orrery::lua {

/// Adds the function that draws the tables of a database to the table on top of the stack.
void add_table_functions(lua_State* L);

}  // namespace orrery::lua
