#pragma once

#include <string>

#include "runtime/graph/graph.h"

namespace orrery {

struct LuaCodeOptions {
  std::string weights = {};  ///< the file that the script loads the graph's weights from; empty: none
};

/// The graph as a script that builds it again and returns it, with what else is read of it by name (losses,
/// metrics): a function for the blocks that do the same, called in a loop where they stand in a row; layers
/// that several places apply, or whose tensors they share, as locals. The weights have the graph's names;
/// what it begins with is each layer's usual. Fails (Fault::check) with all that Lua cannot say.
std::string lua_code(const Graph& graph, const LuaCodeOptions& options = {});

}  // namespace orrery
