#pragma once

#include <string>
#include <vector>

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
/// Pushes all of them; returns their number.
int push_tensors(lua_State* L, const std::vector<at::Tensor>& tensors);
/// The tensor at an index: a Tensor's, or a Parameter's data. Throws `Error(Fault::usage)` for anything
/// else. `function` is what the script wrote.
at::Tensor read_tensor(lua_State* L, int index, const std::string& function);
/// One per operand that `read_call` found; undefined for index 0.
std::vector<at::Tensor> read_tensors(lua_State* L, const std::vector<int>& operands,
                                     const std::string& function);

/// Bytes of the tensors that this state's userdata hold, each counted whole, views too.
void forget_tensor(lua_State* L, void* box);

// Each adds its functions to the engine's table, which is on top.
void open_tensor(lua_State* L);
void open_creation(lua_State* L);
void open_autograd(lua_State* L);
void open_eager(lua_State* L);
void open_parameter_data(lua_State* L);
void open_updates(lua_State* L);
void open_gradients(lua_State* L);
void open_run(lua_State* L);
void open_files(lua_State* L);
void open_images(lua_State* L);
void open_peek(lua_State* L);
void open_explain(lua_State* L);
void open_roof(lua_State* L);
void open_predictions(lua_State* L);
void open_compiled(lua_State* L);
void open_own_functions(lua_State* L);
void open_own_metrics(lua_State* L);
void open_epochs(lua_State* L);
void open_own_data_functions(lua_State* L);

}  // namespace orrery::lua
