#pragma once

#include <string>
#include <vector>

#include <lua.hpp>

namespace orrery::lua {

/// The functions that a manager's table of callbacks may have.
const std::vector<std::string>& callback_names();

/// Throws `Error(Fault::usage)` unless the value at an index is such a table, or a list of them.
void check_callbacks(lua_State* L, int index);
/// Whether one of those has a function between the backward pass and the update, which sees all gradients.
/// REQUIRES: they were checked; index 0: none are there.
bool look_before_update(lua_State* L, int index);

}  // namespace orrery::lua
