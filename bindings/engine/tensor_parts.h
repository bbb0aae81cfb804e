#pragma once

#include <lua.hpp>

namespace orrery::lua {

// `t[0]`, `t[{0, {2, 5}, {}}]`, `t[mask]`: a number takes one element of a dimension, a list of up to three
// numbers a slice (`{}` all of it), a tensor of booleans or whole numbers chooses elements.

/// t[key]: (tensor, key) → a view, or a copy where tensors choose.
int take_part(lua_State* L);
/// t[key] = value: (tensor, key, number or tensor). Numbers and tensors are broadcast.
int set_part(lua_State* L);

}  // namespace orrery::lua
