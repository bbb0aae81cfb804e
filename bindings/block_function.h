#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings/objects.h"

namespace orrery::lua {

/// A block made from a Lua function: called on values it traces the function into a new block of the
/// graph, called on tensors it runs it. The function itself lies in the userdata's fields.
///
/// The layers of the first call are kept: a call on tensors uses them, and so does the first call in
/// the graph after that, and every call through `shared()`.
struct BlockFunction {
  std::shared_ptr<Graph> graph;
  std::string name;
  std::string title;
  Cue cue;
  Origin origin;               ///< where it was made
  LayerTrace first;            ///< the layers of the first call
  bool recorded = false;       ///< `first` is complete
  std::vector<Block*> blocks;  ///< the blocks that its calls made
  bool frozen = false;
  std::string device;  ///< of the blocks; empty: as those around them
  bool recomputes = false;
  std::optional<DType> dtype = {};  ///< of what its calls make; none: as the blocks around it, else as told
};

/// Calls a block function with the layers of its first call.
struct SharedBlock {
  std::shared_ptr<BlockFunction> function;
};

template <>
struct LuaClass<BlockFunction> {
  static constexpr const char* name = "BlockFunction";
};
template <>
struct LuaClass<SharedBlock> {
  static constexpr const char* name = "SharedBlock";
};

/// Pushes the block function of a Lua function at an index.
void push_block_function(lua_State* L, BlockFunction block, int function);

}  // namespace orrery::lua
