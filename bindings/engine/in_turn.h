#pragma once

#include <lua.hpp>

#include "bindings/border.h"
#include "bindings/engine/tensor.h"
#include "runtime/engine/torch_error.h"

namespace orrery::lua {

/// Calls LibTorch inside a turn of the engine. What it throws becomes an `Error` that begins with `doing`.
/// For what would do a part twice if it were tried again.
template <class Action>
auto in_turn_once(lua_State* L, const char* doing, Action action) {
  const Engine::Turn turn(engine(L));
  try {
    return action();
  } catch (const std::exception&) {
    rethrow_as_error(std::current_exception(), std::string(doing) + " failed");
  }
}

/// The same; when memory is missing, Lua's dead tensors are collected and the call is tried once more.
template <class Action>
auto in_turn(lua_State* L, const char* doing, Action action) {
  try {
    return in_turn_once(L, doing, action);
  } catch (const Error& error) {
    if (error.fault() != Fault::memory) throw;
  }
  border(L).tensors.collect(L);
  return in_turn_once(L, doing, action);
}

}  // namespace orrery::lua
