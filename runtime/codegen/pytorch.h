#pragma once

#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace orrery {

/// A module of Python.
struct PytorchCode {
  std::string text;
  /// What the graph's manager does and PyTorch has no counterpart for: functions that raise
  /// NotImplementedError stand in their places.
  std::vector<std::string> gaps;
};

/// The graph as a module of Python for PyTorch: a class of `nn.Module` for the blocks that do the same, one
/// for the whole model behind them, and one for the losses where the graph has labels. The names in its
/// `state_dict()` are those of the graph's weights. Where the graph has a manager that trains it, the module
/// is also a program that does: data, loss, optimizer, schedules, epochs, validation, metrics, checkpoints.
/// Fails (Fault::check) with all nodes that PyTorch's code cannot say. Formatted as black does.
PytorchCode pytorch_code(const Graph& graph);

}  // namespace orrery
