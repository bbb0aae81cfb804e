#pragma once

#include <string>
#include <vector>

#include <lua.hpp>

#include "runtime/graph/node.h"

namespace orrery::lua {

/// Reads `{ image = { shape = {3, 32, 32} }, … }` or a list `{ { name = "image", shape = … }, … }`, whose
/// order is kept; named ones come in the order of their names, labels last. A text in a shape names a size
/// that differs. Shapes are without the batch; of a graph's input (`function` is `input`) they get it, N, in
/// front unless the field says `batch = false`. `function` begins the messages.
std::vector<Field> read_input_fields(lua_State* L, int index, const std::string& function);

}  // namespace orrery::lua
