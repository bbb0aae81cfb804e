#pragma once

#include <lua.hpp>

namespace orrery {
class Runtime;
}

/// What `orrery_engine_lua.so` exports: opens the engine for a runtime and pushes the table of its Lua
/// functions. Raises Lua errors.
using OrreryEngineOpen = int (*)(lua_State*, orrery::Runtime*);

namespace orrery::lua {

// What the rest of the border and stdlib/orrery call, by name, in the engine's table. Objects are the
// border's userdata (objects.h, governed.h); tensors are of the class `Tensor` (kTensorClass).
//
//   apply_transform(name, …)         an operation on tensors; arguments as the script gave them (read_call)
//   apply_layer(layer, …)            a layer on tensors
//   tensor(list)                     a tensor of numbers
//   parameter_member(parameter, key) what core does not know: `grad`, tensor methods, `sub_`; nil if unknown
//   set_parameter_member(parameter, key, value)
//   parametrized_tensor(layer, slot) what a parametrization computes now
//   equip_transform(transform)       gives a Lua function as an operation what computes it
//   apply_own_gradient(transform, …) such a function with an own backward, on tensors
//   equip_metric(metric)             gives a metric of Lua functions what gathers it
//   constant_of_tensor(tensor)       → Parameter, not trainable, for a constant node
//   separate_tensor(parameter)       gives it a copy of its own of the tensor that it shares
//   parameter_of_tensor(tensor)      → Parameter of a leaf that an optimizer shall update
//   data_of_tensors{ field = tensor, …, batch = … } → DataSource
//   open_own_data(data)              makes samples of a script's data (own_data.h)
//   seed()                           after draws were logged while the engine is open
//   manager_run(manager, …), manager_batches, manager_forward, manager_evaluate, manager_predict,
//   manager_test, manager_lr_find
//                               fields of the manager's userdata: `graph`, `callbacks` (as
//                                    callback_names.h, or a list of such tables)
//   graph_compile(graph, values, options) → CompiledGraph
//   optimizer_step(optimizer), optimizer_zero_grad(optimizer)
//   clip_grad_norm_, clip_grad_value_, parameters_to_vector, vector_to_parameters: those of nn.utils
//   save(what, path, options)        `orrery.save`; stdlib has asked Border::end_script_if_checking
//   and the functions listed in stdlib/orrery/engine_functions.lua: tensor, zeros, …, no_grad, grad, load

/// Pushes the engine's table of functions. Opened at the first call, from the folder of the module or
/// program, or its `../lib`; throws `Error(Fault::run)` when it is not there or cannot be loaded.
void push_engine(lua_State* L);
/// Pushes one function of the engine. An engine without it breaks an invariant.
void push_engine_function(lua_State* L, const char* name);
bool engine_is_open(lua_State* L);

}  // namespace orrery::lua
