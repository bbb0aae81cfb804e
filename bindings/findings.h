#pragma once

#include <vector>

#include <lua.hpp>

#include "runtime/graph/finding.h"
#include "runtime/graph/graph.h"

namespace orrery::lua {

/// Pushes findings as a sequence of plain tables: code, severity, file, line, path, message, expected,
/// got, remedy, text.
void push_findings(lua_State* L, const std::vector<Finding>& findings);

/// All findings about a graph and its governors; changes nothing but what values know of their gradient.
std::vector<Finding> check_everything(Graph& graph);

/// The method `rules` of a graph: what becomes of its warnings.
int set_rules(lua_State* L);

}  // namespace orrery::lua
