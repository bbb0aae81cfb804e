#pragma once

#include <lua.hpp>
#include <vector>

#include "runtime/graph/finding.h"

namespace orrery::lua {

/// Pushes findings as a sequence of plain tables: code, severity, file, line, path, message, expected,
/// got, remedy, text.
void push_findings(lua_State* L, const std::vector<Finding>& findings);

}  // namespace orrery::lua
