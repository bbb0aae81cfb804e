#pragma once

#include <lua.hpp>

#include "runtime/history/records.h"

namespace orrery::lua {

/// What the history keeps of the script that runs: its text, config and command, the folder, the state of its
/// repository.
RunInfo record_of_script(lua_State* L);

}  // namespace orrery::lua
