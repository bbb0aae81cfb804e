#pragma once

#include <optional>

#include <lua.hpp>

#include "bindings/lua_object.h"
#include "runtime/core/shape.h"

namespace orrery::lua {

/// A dimension with symbols; known dimensions are plain Lua numbers.
template <>
struct LuaClass<Dim> {
  static constexpr const char* name = "Dim";
};

void define_dim(lua_State* L);

/// A number without fraction, or a Dim; nothing for any other value.
std::optional<Dim> to_dim(lua_State* L, int index);
/// A number, or a Dim when it has symbols.
void push_dim(lua_State* L, const Dim& dim);

}  // namespace orrery::lua
