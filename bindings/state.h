#pragma once

#include <vector>

#include <lua.hpp>

#include "runtime/graph/graph.h"

namespace orrery::lua {

/// What the value at an index owns, with keys relative to it: a graph, a block, a block function, a layer, or
/// a list of { key =, parameter = } as `state()` of any of them gives. Throws `Error(Fault::usage)` for
/// anything else and for a block function that was not called yet.
std::vector<Graph::Entry> entries_at(lua_State* L, int index, const char* function,
                                     bool with_constants = true);

/// Pushes { { key =, parameter = }, … }.
void push_state(lua_State* L, const std::vector<Graph::Entry>& entries);

}  // namespace orrery::lua
