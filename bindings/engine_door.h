#pragma once

#include <lua.hpp>

namespace orrery {
class Runtime;
}

/// What `orrery_engine_lua.so` exports: opens the engine for a runtime and pushes the table of its Lua
/// functions. Raises Lua errors.
using OrreryEngineOpen = int (*)(lua_State*, orrery::Runtime*);

namespace orrery::lua {

/// Pushes the engine's table of functions. Opened at the first call, from the folder of the module or
/// program, or its `../lib`; throws `Error(Fault::run)` when it is not there or cannot be loaded.
void push_engine(lua_State* L);
/// Pushes one function of the engine. An engine without it breaks an invariant.
void push_engine_function(lua_State* L, const char* name);
bool engine_is_open(lua_State* L);

}  // namespace orrery::lua
