#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/codegen/pytorch_module.h"

namespace orrery {

/// A class of torch.nn.Module, for all blocks that differ in their options at the most.
struct PytorchClass {
  std::string name;
  std::vector<CodeParameter> parameters;  ///< of its constructor
  PytorchModule module;                   ///< with the parameters' names among the arguments of its members
};

/// The classes that a graph's modules need, those used by others first, the whole model's, called `name`,
/// last. Blocks that do the same have one class; what a member's option has to be is a parameter where it
/// differs, one for all options that always have the same value. Names that are `taken` are not used.
std::vector<PytorchClass> pytorch_classes(const ModuleTree& tree, const std::string& name,
                                          const std::set<std::string>& taken);

}  // namespace orrery
