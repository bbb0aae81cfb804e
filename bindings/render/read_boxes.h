#pragma once

#include <map>
#include <string>

#include <lua.hpp>

#include "renderers/diagram/box_change.h"

namespace orrery::lua {

/// What boxes shall show, by path, as orrery/box_changes.lua gives it: { ["features/conv2d"] = { title=,
/// detail=, note=, fill=, insets = { { kind = "lines"|"bars"|"image", image=, title=, left=, right=, mark=,
/// values = { { 1, 2 } } } } } }
std::map<std::string, BoxChange> read_boxes(lua_State* L, int index);

}  // namespace orrery::lua
