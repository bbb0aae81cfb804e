#pragma once

#include <lua.hpp>

namespace orrery::lua {

/// Pushes the method of tensors that a stateless operation is; pushes nothing when there is none of the
/// name. Called on tensors alone it computes, with a Value among the operands it makes a node.
bool push_tensor_transform(lua_State* L, int key);

}  // namespace orrery::lua
