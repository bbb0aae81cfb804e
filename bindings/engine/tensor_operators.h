#pragma once

#include <vector>

#include <lua.hpp>

namespace orrery::lua {

/// The metamethods of tensors that stand for operators: those of everything that stands for a tensor, with
/// a short way for two tensors or a tensor and a number.
std::vector<luaL_Reg> tensor_operators();

}  // namespace orrery::lua
