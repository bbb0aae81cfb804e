#pragma once

#include <string>

#include <lua.hpp>

namespace orrery::lua {

/// What a person reads of an error value of any type: a text as it is, an object with `__tostring` by that,
/// another table by its fields, `error value: { code = 3, … }`. Raises no Lua error.
std::string text_of_error(lua_State* L, int index);

}  // namespace orrery::lua
