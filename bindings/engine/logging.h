#pragma once

#include <memory>

#include <lua.hpp>

#include "bindings/lua_object.h"
#include "runtime/engine/training/run_log.h"

namespace orrery::lua {

template <>
struct LuaClass<RunLog> {
  static constexpr const char* name = "RunLog";
};

/// A log for the next run of the manager at an index. Its methods `log`, `artifact`, `log_text` and
/// `log_image` write to it until another run begins.
std::shared_ptr<RunLog> begin_log(lua_State* L, int manager);

void open_logging(lua_State* L);

}  // namespace orrery::lua
