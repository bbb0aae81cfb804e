#pragma once

#include "bindings/lua_object.h"
#include "runtime/history/queries.h"

namespace orrery::lua {

template <>
struct LuaClass<HistoryReader> {
  static constexpr const char* name = "History";
};

/// history:export(format, path[, runs]) → { files = { path, … }, left_out = { path, … } }
int export_runs(lua_State* L);

/// Makes known what changes a history and runs scripts in the background.
void open_keeping(lua_State* L);

}  // namespace orrery::lua
