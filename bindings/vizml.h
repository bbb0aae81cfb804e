#pragma once

#include <lua.hpp>

namespace orrery::lua {

/// Adds the functions that read and write VizML's JSON to the module's table, which is on top.
void open_vizml(lua_State* L);

}  // namespace orrery::lua
