#pragma once

#include <lua.hpp>

#include "runtime/history/records.h"

namespace orrery::lua {

/// The variable of the environment that tells a program which run or sweep its runs come from.
inline constexpr const char* kParentVariable = "ORRERY_PARENT_UID";

/// What the history keeps of the script that runs: its text, config and command, the folder, the state of its
/// repository; its project, which is the repository's folder or the one that it runs in; and what it comes
/// from.
RunInfo record_of_script(lua_State* L);

}  // namespace orrery::lua
