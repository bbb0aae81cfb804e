#pragma once

#include <optional>
#include <vector>

#include "bindings/lua_object.h"
#include "runtime/core/shape.h"

namespace orrery::lua {

/// One entry of what stands in the brackets of `x[{0, {2, 5}, "...", mask}]`.
struct IndexPart {
  enum class Kind {
    element,   ///< a number
    slice,     ///< `{start, end, step}`, each may be left out; `{}` and ":" are all elements
    ellipsis,  ///< "...": all dimensions that no other entry names
    new_axis,  ///< orrery.newaxis
    chosen,    ///< a value or tensor of indices, or a mask
  };
  Kind kind = Kind::slice;
  std::optional<std::int64_t> numbers[3] = {};  ///< the element; or start, end and step
  int operand = 0;                              ///< stack index of what chooses
};

/// Reads a key: one entry, or a list of them. What chooses stays on the stack. Fails on anything else.
std::vector<IndexPart> read_key(lua_State* L, int index);

/// How many dimensions of the shape an ellipsis takes when the other entries take `taken`. Fails when they
/// take too many.
int ellipsis_length(const Shape& shape, int taken);

/// `value[key]`: a node for each entry that changes something, and one for all that choose.
int index_graph_value(lua_State* L);

}  // namespace orrery::lua
