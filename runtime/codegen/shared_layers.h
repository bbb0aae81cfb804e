#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "runtime/codegen/module_tree.h"

namespace orrery {

/// The layers of a graph by the tensors that they have.
class TensorOwners {
 public:
  explicit TensorOwners(const Graph& graph);

  /// The layers beside this one that have a tensor of it.
  std::vector<const Layer*> beside(const Layer& layer, const ParameterPtr& tensor) const;
  /// The embedding whose weight a linear layer shares; null for others.
  const Layer* tied_embedding(const Node& node) const;

 private:
  std::map<const Parameter*, std::vector<const Layer*>> layers_;
};

/// Can the two be an embedding and the linear layer that shares its weight?
bool may_share_table(const Layer& embedding, const Layer& linear);

/// The layers with weights that several nodes apply (or whose weight another node reads). In code that makes
/// a layer where it is applied, these are made in the innermost block around all their nodes, and given to
/// the functions of the blocks within.
class SharedLayers {
 public:
  /// `inlined`: modules that have no function of their own.
  SharedLayers(const ModuleTree& tree, const std::set<const Block*>& inlined);

  /// All that a block's nodes use, in the order of first use: those made in it, and those that it borrows.
  std::vector<const Layer*> within(const Block& block) const;
  std::vector<const Layer*> borrowed_by(const Block& block) const;
  std::vector<const Layer*> used_by(const ModuleTree::Unit& unit, const ModuleTree& tree) const;
  bool is_made_in(const Layer& layer, const Block& block) const { return made_in_.at(&layer) == &block; }
  /// The first node that applies it, and that node's name.
  const Node& owner(const Layer& layer) const { return *owners_.at(&layer); }
  const std::string& name(const Layer& layer) const { return owner(layer).name(); }
  const Layer* tied_embedding(const Node& node) const { return tensors_.tied_embedding(node); }

 private:
  std::vector<const Layer*> layers_of(const Node& node) const;
  const Block& function_around(const Block& block) const;

  const ModuleTree& tree_;
  const std::set<const Block*>& inlined_;
  const TensorOwners tensors_;
  std::map<const Layer*, const Block*> made_in_;
  std::map<const Layer*, const Node*> owners_;
};

}  // namespace orrery
