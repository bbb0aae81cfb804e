#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "runtime/graph/graph.h"

namespace orrery {

/// Which blocks of a graph can be modules, as PyTorch's are: called once with all that they read, before
/// anybody reads what they give, and owners of all tensors that they use; or called again, where the block
/// is a later call of such a one. The nodes of other blocks belong to the module around them, which keeps
/// their layers under their names all the same.
class ModuleTree {
 public:
  /// Something that a module's `forward` does: computes a node, or calls the module of a block.
  struct Unit {
    const Node* node = nullptr;
    const Block* block = nullptr;  ///< null for a node

    /// Of the graph's nodes, the place of the first.
    int id() const;
    bool operator==(const Unit&) const = default;
  };

  /// `owning`: PyTorch's modules, which own all tensors that they use. `closing`: functions of Lua, which see
  /// the layers and the input around them: theirs are all blocks that are entered once. Nothing within
  /// another block is a module then; a block is another's call only where it stands beside it with the same
  /// blocks inside; one that ends a loop is nobody's; a state is read where the graph says what it becomes.
  enum class Kind { owning, closing };

  /// `part`: the nodes that belong to the model; others are left out, with no module around them.
  ModuleTree(const Graph& graph, std::function<bool(const Node&)> part, Kind kind = Kind::owning);

  const Graph& graph() const { return graph_; }
  /// Is the block the call of a module? The graph's root is.
  bool is_call(const Block& block) const { return first_.contains(&block); }
  /// The block whose module a call calls: itself, where it is the first. REQUIRES: is_call(call)
  const Block& first_call(const Block& call) const { return *first_.at(&call); }
  /// The module around a node or block, or the block itself.
  const Block& module_around(const Block& block) const;
  /// What the module does, in an order in which it can be done, the graph's where that is one.
  const std::vector<Unit>& units(const Block& module) const { return units_.at(&module); }
  /// The first calls of all modules, those inside others first, the root last.
  const std::vector<const Block*>& modules() const { return modules_; }
  /// How many modules stand within each other in each of them, at the most.
  std::map<const Block*, int> heights() const;

  /// What a call reads from outside, each once, in the order in which its nodes read it first.
  std::vector<Value> inputs(const Block& call) const;
  /// What others read of any call of the same module, in the order in which it is made, of the whole model in
  /// the order of its results; no labels.
  std::vector<Value> outputs(const Block& call) const;
  /// What a unit reads, and what it gives.
  std::vector<Value> read_by(const Unit& unit) const;
  std::vector<Value> given_by(const Unit& unit) const;

 private:
  void find_readers();
  std::vector<const Node*> nodes_of(const Block& block) const;
  bool owns_what_it_uses(const std::vector<const Node*>& nodes, const Block& block) const;
  bool is_left_once(const std::vector<const Node*>& nodes) const;
  bool knows_its_sizes(const std::vector<const Node*>& nodes, const Block& block) const;
  bool can_be_module(const std::vector<const Node*>& nodes, const Block& block) const;
  bool can_be_another_call(const std::vector<const Node*>& nodes, const Block& block,
                           const Block& first) const;
  const Block* called_by(const std::vector<const Node*>& nodes, const Block& block) const;
  void find_calls(const Block& block);
  void find_units();
  void collect_units(const Block& block, std::vector<Unit>& units) const;
  std::vector<Unit> ordered(std::vector<Unit> units, std::size_t& done) const;
  void dissolve(const Block& block);
  void forget(const Block& block);
  std::vector<Value> results() const;
  void put_results_first(std::vector<Value>& values) const;

  const Graph& graph_;
  std::vector<std::vector<const Node*>> readers_;  // by the place of the node that is read, each once
  std::function<bool(const Node&)> part_;
  Kind kind_;
  std::map<const Block*, const Block*> first_;
  std::map<const Block*, std::vector<const Block*>> calls_;  // of a first one, it among them
  std::map<const Block*, std::vector<Unit>> units_;
  std::vector<const Block*> modules_;
};

}  // namespace orrery
