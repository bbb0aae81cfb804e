#pragma once

#include <string>
#include <vector>

#include "bindings/engine/tensor.h"
#include "bindings/lua_transform.h"

namespace orrery::lua {

/// A call of a Lua function on tensors.
struct FunctionCall {
  std::shared_ptr<LuaTransform> transform;
  std::string arguments = "[]";  ///< what follows the tensors, as a JSON array
  std::string who;               ///< what messages call it: its name, or its node
  SourceSite site = {};          ///< of its node
};

/// What the function gives, called on the state of its own; with a context first when it has a backward of
/// its own. Throws `LuaFailure` with what it raised, and when it gives anything but tensors.
std::vector<at::Tensor> call_function(const FunctionCall& call, const std::vector<at::Tensor>& inputs);

/// The same, with the function's own backward recorded by autograd when gradients are on.
std::vector<at::Tensor> call_with_backward(const FunctionCall& call, const std::vector<at::Tensor>& inputs);

/// The tensors on the stack from an index on; fails when one is none, or when there is none at all.
std::vector<at::Tensor> given_tensors(lua_State* L, int first, const std::string& who);

/// Pushes a new context of one call: what `forward(ctx, …)` and `backward(ctx, …)` get, as in PyTorch.
void push_context(lua_State* L, const std::vector<at::Tensor>& inputs);

}  // namespace orrery::lua
