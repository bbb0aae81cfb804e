#pragma once

#include <vector>

#include <lua.hpp>

namespace orrery::lua {

/// The methods that tensors have beside the stateless operations, under PyTorch's names. The first
/// argument is a Tensor or a Parameter.
const std::vector<luaL_Reg>& tensor_methods();

/// Methods that only concern gradients; part of `tensor_methods`.
const std::vector<luaL_Reg>& gradient_methods();

}  // namespace orrery::lua
