#pragma once

#include <string>

#include <lua.hpp>

namespace orrery::lua {

/// Plain Lua data as JSON, keys sorted: a table with entries 1…n is an array, any other an object; an
/// empty one is an object. Whole numbers have no point; NaN and infinities become null. Throws on
/// functions, userdata, cycles and depth over 100.
std::string json_of(lua_State* L, int index);

}  // namespace orrery::lua
