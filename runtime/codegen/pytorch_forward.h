#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/codegen/module_tree.h"

namespace orrery {

/// The body of a module's `forward`.
struct PytorchForward {
  std::vector<std::string> parameters;  ///< without `self`
  std::vector<std::string> statements;  ///< the last one returns
  std::vector<Value> reads;             ///< what the parameters are
  std::vector<Value> gives;             ///< what it returns
  /// `self.0(x)` and so on, each reading what the one before gives, and nothing else.
  bool is_chain = false;
};

/// Where a module finds what it calls: `self.conv1`, of a layer, a tensor, or another module.
struct PytorchAccess {
  std::function<std::string(const Node&)> node;
  std::function<std::string(const Block&)> module;
};

/// Writes what a module does, a statement a unit. A value that nobody reads any more gives its name to the
/// one that is made of it (`x`); one beside it is `out`, others are called as their units.
PytorchForward pytorch_forward(const ModuleTree& tree, const Block& module, const PytorchAccess& access);

}  // namespace orrery
