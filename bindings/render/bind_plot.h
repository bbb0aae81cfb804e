#pragma once

#include <lua.hpp>

namespace orrery::lua {

/// Adds the functions that plot to the table on top of the stack.
void add_plot_functions(lua_State* L);

}  // namespace orrery::lua
