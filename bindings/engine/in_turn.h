#pragma once

#include <lua.hpp>

#include "bindings/border.h"
#include "bindings/engine/tensor.h"
#include "runtime/engine/torch_error.h"

namespace orrery::lua {

/// Calls LibTorch inside a turn of the engine. What it throws becomes an `Error` that begins with
/// `doing`; when memory is missing, Lua's dead tensors are collected and the call is tried once more.
template <class Action>
auto in_turn(lua_State* L, const char* doing, Action action) {
  const auto attempt = [&] {
    const Engine::Turn turn(engine(L));
    try {
      return action();
    } catch (const std::exception&) {
      rethrow_as_error(std::current_exception(), std::string(doing) + " failed");
    }
  };
  try {
    return attempt();
  } catch (const Error& error) {
    if (error.fault() != Fault::memory) throw;
  }
  border(L).tensors.collect(L);
  return attempt();
}

}  // namespace orrery::lua
