#pragma once

#include <lua.hpp>

#include "runtime/engine/training/evaluation.h"

namespace orrery::lua {

/// manager:predict(source[, { to = FILE, outputs = {values}, batch_size = n }]) → a tensor per output;
/// nothing with `to`
int predict_from(lua_State* L);

/// Throws `Error(Fault::check)` for a value of another graph. `function` begins the message.
void require_own(const Graph& graph, const Value& value, const char* function);

/// Pushes `{ loss =, accuracy =, samples =, seconds = }`.
void push_evaluation(lua_State* L, const Evaluation& evaluation);

/// manager:evaluate(value | {values} | { name = value }, batch) → tensors by name
int evaluate_some(lua_State* L);

}  // namespace orrery::lua
