#pragma once

#include <lua.hpp>

namespace orrery::lua {

/// Pushes the method of tensors that a stateless operation is; pushes nothing when there is none of the
/// name. Called on tensors alone it computes, with a Value among the operands it makes a node.
bool push_tensor_transform(lua_State* L, int key);
/// The same for operations that were made known at run time.
bool push_own_tensor_transform(lua_State* L, const std::string& key);

}  // namespace orrery::lua
