#pragma once

#include <string>
#include <vector>

#include "runtime/codegen/module_tree.h"
#include "runtime/codegen/pytorch_calls.h"
#include "runtime/codegen/pytorch_forward.h"

namespace orrery {

/// An expression that makes a module: `nn.Conv2d(3, 64, kernel_size=7)`, `BasicBlock(64)`, or
/// `nn.Sequential(…)` of others.
struct PytorchMaker {
  std::string callee;
  std::vector<PytorchArgument> arguments = {};
  std::vector<PytorchMaker> parts = {};
};

/// All arguments, those of the parts included, in the order in which they are written.
std::vector<PytorchArgument> arguments_of(const PytorchMaker& maker);

/// The same expression with other arguments, which `next` gives one after the other.
PytorchMaker with_arguments(const PytorchMaker& maker, const std::function<PytorchArgument()>& next);

/// The expression without the arguments that are usual. Three equal parts or more are written once.
std::string text(const PytorchMaker& maker);

/// A module within another, under the names that lead to it: `{"layer1", "0"}`.
struct PytorchMember {
  std::vector<std::string> path;
  PytorchMaker maker;
};

/// A module as a class of its own would be.
struct PytorchModule {
  const Block* block = nullptr;
  std::vector<PytorchMember> members;
  std::vector<std::string> tensors;  ///< statements that make its own parameters and buffers
  PytorchForward forward;
  /// Its members are called 0, 1, …: a list.
  bool is_list() const;
  /// A list of which each takes what the one before gives: `nn.Sequential` does it.
  bool is_sequential() const;
};

/// How the member is reached from its owner: `self.layer1[0]`.
std::string member_text(const std::vector<std::string>& path, bool of_list);

/// How a module or tensor is reached by its key from what `owner` is: `self.transformer.wte.weight`; over
/// names that are none in Python by PyTorch's own way to a module.
std::string member_of(const std::string& owner, const std::string& key, bool is_module);

/// Looks a module over. `maker` tells how the modules within it are made.
PytorchModule pytorch_module(const ModuleTree& tree, const Block& block,
                             const std::function<const PytorchMaker&(const Block&)>& maker,
                             const std::function<bool(const Block&)>& is_list);

}  // namespace orrery
