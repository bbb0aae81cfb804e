#pragma once

#include <string>
#include <vector>

#include <lua.hpp>

namespace orrery::lua {

/// The methods of PyTorch's tensors that are operations of LibTorch's registry alone: `logdet`, `pinverse`.
/// Tensors have them with all of the registry; values have these.
const std::vector<std::string>& operator_methods();

/// Pushes the method of that name, which is orrery.aten's function; pushes nothing for other names. Opens the
/// engine.
bool push_operator_method(lua_State* L, const std::string& name);

}  // namespace orrery::lua
