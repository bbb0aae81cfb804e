#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "runtime/codegen/module_tree.h"

namespace orrery {

/// The embedding whose weight a linear layer shares; null for others.
const Layer* tied_embedding(const Node& node);
/// Can the two be such a pair?
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

 private:
  const Block& function_around(const Block& block) const;

  const ModuleTree& tree_;
  const std::set<const Block*>& inlined_;
  std::map<const Layer*, const Block*> made_in_;
  std::map<const Layer*, const Node*> owners_;
};

}  // namespace orrery
