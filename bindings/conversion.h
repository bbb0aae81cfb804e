#pragma once

#include <optional>
#include <vector>

#include <lua.hpp>

#include "bindings/block_function.h"

namespace orrery::lua {

/// The dtype that `to` got at an index; nothing when the word is none. Fault::usage for one that is not
/// floating-point.
std::optional<DType> parameter_dtype_at(lua_State* L, int index);

/// Gives what stands at an index another dtype: a graph, a block, a block function, a layer, a parameter, or
/// a list of them. The script's graphs follow; a node that does not fit is a `CheckError`.
void convert_owner(lua_State* L, int index, DType dtype);

/// A class's methods, and those that stand for `to(dtype)`: double, float, half, bfloat16.
std::vector<luaL_Reg> with_dtype_methods(std::vector<luaL_Reg> methods);

}  // namespace orrery::lua
