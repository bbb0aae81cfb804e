#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/graph/node.h"

namespace orrery {

/// How a drawing should treat a block; nothing else reads it.
struct Cue {
  std::string direction;  ///< `south`, `east`, `north`, `west`; empty: inherited
  bool collapse = false;
  std::string note = {};   ///< words beside it
  std::string color = {};  ///< `#ffd0a0`; empty: as others
};

/// A named group of nodes. Blocks nest; every node lies in exactly one innermost block; the root block
/// has no name and no parent. Owned by its graph.
class Block {
 public:
  const std::string& name() const { return name_; }
  /// For drawings; empty: the name.
  const std::string& title() const { return title_; }
  void set_title(std::string title) { title_ = std::move(title); }
  /// Where its nodes compute, as the manager's `device`; empty: as the block around it.
  const std::string& device() const { return device_; }
  void set_device(std::string device) { device_ = std::move(device); }
  /// Whether what it computes for a backward pass is dropped after the forward pass and computed again.
  bool recomputes() const { return recomputes_; }
  void set_recomputes(bool recomputes) { recomputes_ = recomputes; }
  /// Null for the root.
  Block* parent() const { return parent_; }
  const std::vector<std::unique_ptr<Block>>& children() const { return children_; }
  /// The nodes whose innermost block this is, in the order of construction.
  const std::vector<Node*>& nodes() const { return nodes_; }
  /// All nodes inside, nested blocks included, in the order of construction.
  std::vector<Node*> all_nodes() const;
  /// `encoder/attn`; empty for the root.
  std::string path() const;
  /// True when the other block is this one or lies inside it.
  bool contains(const Block& other) const;
  /// The statement that called the block's function (or grouped its nodes).
  const Origin& origin() const { return origin_; }
  Cue& cue() { return cue_; }
  const Cue& cue() const { return cue_; }
  /// Where its steps of time begin: how many nodes the graph had at each `g:tick()`. For drawings, as the
  /// cue, but told while the block is built.
  const std::vector<int>& ticks() const { return ticks_; }
  void add_tick(int nodes) { ticks_.push_back(nodes); }
  bool hidden() const { return hidden_; }
  void set_hidden(bool hidden) { hidden_ = hidden; }

  /// An edge that crosses the block's border: captured or passed values come in, results go out.
  struct Ports {
    std::vector<Value> in;   ///< values made outside that nodes inside read, each once
    std::vector<Value> out;  ///< values made inside that are read outside or marked as outputs
  };
  Ports ports() const;

 private:
  friend class Graph;
  Block() = default;

  std::string name_;
  std::string title_;
  std::string device_;
  bool recomputes_ = false;
  Block* parent_ = nullptr;
  Graph* graph_ = nullptr;
  std::vector<std::unique_ptr<Block>> children_;
  std::vector<Node*> nodes_;
  Origin origin_;
  Cue cue_;
  std::vector<int> ticks_;
  bool hidden_ = false;
};

/// The outermost block around a node that is recomputed; null: none.
const Block* recomputed_block(const Node& node);

}  // namespace orrery
