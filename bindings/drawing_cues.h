#pragma once

#include <lua.hpp>

#include "runtime/graph/block.h"

namespace orrery::lua {

/// The block at an index: itself, the first call of a block function, or a path.
Block& find_block(lua_State* L, Graph& graph, int index, const char* function);

// Methods of a graph that steer its drawings and nothing else.

/// g:tick(): what is made from here on, in the block that is being built, belongs to the next step of time
int tick(lua_State* L);
/// g:tag(value, text): words beside the value's line
int tag(lua_State* L);
/// g:hide(value | block | path, …): is not drawn
int hide(lua_State* L);
/// g:pause(fn, …) → what fn gives: what it makes is not drawn
int pause(lua_State* L);

}  // namespace orrery::lua
