#pragma once

#include <string>

#include <lua.hpp>

namespace orrery::lua {

/// Adds the functions that plot to the table on top of the stack.
void add_plot_functions(lua_State* L);

/// The format that the ending of a file's name tells. Throws `Error(Fault::usage)` naming the function when
/// it tells none.
std::string format_of_name(const std::string& path, const char* function);

}  // namespace orrery::lua
