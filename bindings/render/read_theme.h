#pragma once

#include <string>

#include <lua.hpp>

#include "renderers/render.h"

namespace orrery::lua {

/// A theme's name, or a table of what to change, with `base` for the theme to begin with.
void read_theme(lua_State* L, int index, RenderOptions& options);

/// A table of cues, or the name of a file that holds one in JSON (see renderers/diagram/cues.h).
Cues read_cues_at(lua_State* L, int index);

/// `flops` or `parameters`, which the graph tells, or a table with `title`, `unit`, `adds` and amounts by
/// path: `nodes`, `blocks`, `total` (see orrery/overlay.lua).
Overlay read_overlay(lua_State* L, int index, const Graph& graph);

}  // namespace orrery::lua
