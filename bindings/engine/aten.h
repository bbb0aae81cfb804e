#pragma once

#include <lua.hpp>

namespace orrery::lua {

/// Pushes the method of tensors that one of LibTorch's own operators is, by the name at `key` (`topk`,
/// `clamp_`); pushes nothing when LibTorch has none that takes a tensor first.
bool push_aten_method(lua_State* L, int key);

/// Adds `aten`, a table of all of LibTorch's operators as functions: `orrery.aten.where(mask, a, b)`; `ops`,
/// the same for every namespace of its registry: `orrery.ops.vision.nms(…)`; and `load_library`.
///
/// Arguments are read by the operator's own schema: positional, then a table of named ones. Numbers,
/// booleans, texts (dtypes and devices by name), tensors and lists of these. Several results come one after
/// another. With a Value among the tensors they make a node.
void open_aten(lua_State* L);

}  // namespace orrery::lua
