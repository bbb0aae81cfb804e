#pragma once

#include <string>

#include <lua.hpp>

#include "bindings/objects.h"

namespace orrery::lua {

/// A tensor that belongs to a graph itself, with the options that it was given, and the stack index of the
/// function that gives it its first values (0: none).
struct Leaf {
  ParameterPtr parameter;
  int fill = 0;
  Attributes options = {};
};

/// Reads a shape and the options `init`, `a`, `b`, `dtype`, and `more`. `function`: `parameter` (trained),
/// `constant` or `state`.
Leaf make_leaf(lua_State* L, const std::string& name, int shape, int options, const char* function,
               const std::vector<Attribute>& more = {});

/// The node that holds a parameter in a graph already; an empty value when there is none.
Value value_of_leaf(const Graph& graph, const ParameterPtr& leaf);

/// Asks the function, if there is one, for the first values.
void fill_leaf(lua_State* L, const Leaf& leaf);

// Methods of graphs: parameter, constant, state, carry.
int make_graph_parameter(lua_State* L);
int make_free_parameter(lua_State* L);
int make_graph_constant(lua_State* L);
int make_graph_state(lua_State* L);
int carry_graph_state(lua_State* L);

}  // namespace orrery::lua
