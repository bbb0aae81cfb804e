#pragma once

#include <string>

#include "runtime/graph/graph.h"

namespace orrery {

/// The graph as a module of Python for PyTorch: a class of `nn.Module` for the blocks that do the same, one
/// for the whole model behind them, and a function for the losses where the graph has labels. The names in
/// its `state_dict()` are those of the graph's weights. Fails (Fault::check) with all nodes that PyTorch's
/// code cannot say. Formatted as black does.
std::string pytorch_code(const Graph& graph);

}  // namespace orrery
