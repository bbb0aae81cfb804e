#pragma once

#include <string>

#include <lua.hpp>

namespace orrery::lua {

/// Plain Lua data as JSON, keys sorted: a table with entries 1…n is an array, any other an object; an
/// empty one is an object. Whole numbers have no point; NaN and infinities become null. Throws on
/// functions, userdata, cycles and depth over 100.
std::string json_of(lua_State* L, int index);

/// The same, so that `push_json_items` gives it back whole, for what checkpoints keep: NaN and infinities
/// stay. Throws also on lists with holes or with names beside their entries.
std::string whole_json_of(lua_State* L, int index);

/// Pushes JSON from outside as plain Lua data; null is nil. Throws `Error(Fault::input_file)` beginning with
/// `what` for anything that is no JSON.
void push_json(lua_State* L, const std::string& text, const std::string& what);

/// Pushes the items of an array that `json_of` or `whole_json_of` wrote, nil for null; returns their number.
int push_json_items(lua_State* L, const std::string& array);

}  // namespace orrery::lua
