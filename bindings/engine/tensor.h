#pragma once

#include <lua.hpp>

#include "bindings/objects.h"
#include "runtime/engine/engine.h"

namespace orrery::lua {

template <>
struct LuaClass<TorchBox> {
  static constexpr const char* name = kTensorClass;
};

/// The engine of the state's runtime.
Engine& engine(lua_State* L);

/// Pushes a tensor; the same userdata while one lives. Its bytes drive Lua's collector.
void push_tensor(lua_State* L, const at::Tensor& tensor);
/// The tensor at an index: a Tensor's, or a Parameter's data. Throws `Error(Fault::usage)` for anything
/// else. `function` is what the script wrote.
at::Tensor read_tensor(lua_State* L, int index, const char* function);

// Each adds its functions to the engine's table, which is on top.
void open_run(lua_State* L);

}  // namespace orrery::lua
