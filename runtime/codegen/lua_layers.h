#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/codegen/lua_words.h"
#include "runtime/codegen/module_tree.h"

namespace orrery {

/// Where layers are made: where they are applied, or, when several places need one, under a name in the
/// innermost function around all of them.
class LuaLayers {
 public:
  /// `names`: those of the file; the names of layers are added.
  LuaLayers(const Graph& graph, const ModuleTree& tree, LuaNames& names);

  /// The layers that a module's function makes at its beginning, in the order of their first use.
  std::vector<LayerPtr> made_by(const Block& module) const;
  /// What the layer is called; empty when it is made where it is applied.
  std::string name(const Layer& layer) const;
  /// For a layer's own tensors, those of layers before it in their places.
  std::map<std::string, std::string> ties(const Layer& layer) const;
  /// The layer's tensor that a constant is (`wte.weight`); empty when it has one of its own.
  std::string tensor_of(const Node& constant) const;
  /// Does the module's function, or one inside, read a layer that is made by a module around it which is not
  /// the whole graph?
  bool is_bound(const Block& module) const { return bound_.contains(&module); }
  /// Do layers of the whole graph stand in a table, since they are too many for locals?
  bool has_table() const { return has_table_; }

 private:
  struct Tensor {
    const Layer* layer;
    std::string slot;
  };
  void find_uses();
  void find_tensors();
  void add_use(const Layer& layer, const Block& module);
  void name_layers(LuaNames& names);
  void find_bound();
  bool is_part_of_later_call(const Block& block) const;
  const Block* parent_of(const Block& module) const;
  const Block& common(const Block& a, const Block& b) const;
  std::string text_of(const Tensor& tensor) const;

  const Graph& graph_;
  const ModuleTree& tree_;
  std::vector<LayerPtr> layers_;
  std::map<const Layer*, std::vector<const Block*>> uses_;  // the modules, one for each place
  std::map<const Layer*, const Block*> makers_;             // of those with names
  std::map<const Layer*, std::string> names_;
  std::map<const Parameter*, Tensor> tensors_;  // by their first owners
  std::set<const Block*> bound_;
  bool has_table_ = false;
};

}  // namespace orrery
