#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/codegen/module_tree.h"

namespace orrery {

/// What the function of a module has to do beside the module's own units.
class LuaSurroundings {
 public:
  LuaSurroundings(const Graph& graph, const ModuleTree& tree, const Block& module);

  /// What a unit reads, as often as it does.
  std::vector<Value> read_by(const ModuleTree::Unit& unit) const;
  /// What the function gives back; of the whole graph what is read of it. None for the body of a loop.
  const std::vector<Value>& results() const { return results_; }
  /// The states of which the function says what they become: it is the innermost that knows both.
  const std::vector<const Node*>& states() const { return states_; }
  /// The blocks in the module's that are no modules, outer ones first; also those without nodes.
  const std::vector<const Block*>& groups() const { return groups_; }
  /// What the port of a layer is called that reads a value first; empty where that says no more than `input`.
  std::string port_of(const Value& value) const;
  /// What the graph calls one of its results (a loss, a metric); empty for other values.
  std::string word_of(const Value& value) const;
  /// What is said of a block beside what it computes: `:to "cuda:1"`, `:recompute()`, `:freeze()`.
  std::string steering_of(const Block& block) const;

 private:
  void find_states();
  void find_groups(const Block& block);

  const Graph& graph_;
  const ModuleTree& tree_;
  const Block& module_;
  std::vector<Value> results_;
  std::vector<const Node*> states_;
  std::vector<const Block*> groups_;
};

/// A value of a node, as the graph hands it out.
inline Value output_of(const Node& node, int output = 0) { return {const_cast<Node*>(&node), output}; }

/// The node of a block that begins or ends a loop; null: there is none.
const Node* loop_end_in(const Block& block, Descriptor::LoopEnd end);
bool is_loop(const Block& block);

/// `g:block("name", function() end)`, of a block without nodes, and those inside.
std::string empty_block_text(const Block& block);

/// What a script calls a block: a count that it gets by itself is left out.
std::string lua_block_name(const Block& block);

/// Why a block cannot be written; nothing when it can.
std::optional<std::string> without_lua(const ModuleTree& tree, const Block& block);

}  // namespace orrery
