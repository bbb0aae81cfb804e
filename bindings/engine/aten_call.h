#pragma once

#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>
#include <lua.hpp>

namespace c10 {
struct FunctionSchema;
struct IValue;
}  // namespace c10

namespace orrery::lua {

/// The tensors among the arguments of a call that makes a node.
struct Placeholders {
  int operands = 0;                 ///< stack index of a table, where what the script gave is listed
  std::vector<at::Tensor> tensors;  ///< an empty tensor in the place of each
};

/// The arguments at 1 to `last` as an operator's schema asks for them: positional, then a table of named
/// ones; nothing when they do not fit. With `placeholders` Values are tensors, too, and every tensor is
/// replaced.
std::optional<std::vector<c10::IValue>> read_operator_call(lua_State* L, int last,
                                                           const c10::FunctionSchema& schema,
                                                           Placeholders* placeholders = nullptr);

}  // namespace orrery::lua
