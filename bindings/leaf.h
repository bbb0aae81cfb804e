#pragma once

#include <string>

#include <lua.hpp>

#include "bindings/objects.h"

namespace orrery::lua {

/// A tensor that belongs to a graph itself, and the stack index of the function that gives it its first
/// values (0: none).
struct Leaf {
  ParameterPtr parameter;
  int fill = 0;
};

/// Reads a shape and the options `init`, `a`, `b`, `dtype`. `function`: `parameter` (trained) or `constant`.
Leaf make_leaf(lua_State* L, const std::string& name, int shape, int options, const char* function);

/// The node that holds a parameter in a graph already; an empty value when there is none.
Value value_of_leaf(const Graph& graph, const ParameterPtr& leaf);

/// Asks the function, if there is one, for the first values.
void fill_leaf(lua_State* L, const Leaf& leaf);

}  // namespace orrery::lua
