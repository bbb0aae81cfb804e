#pragma once

#include <initializer_list>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "runtime/graph/graph.h"

namespace orrery::invariants {

/// Is the node one of these operations?
bool is_one_of(const Node& node, std::initializer_list<std::string_view> operations);

/// The node that makes an input's value; null for an optional port without a link.
const Node* maker(const Node& node, size_t input = 0);

/// Every value of a graph with the nodes that read it, found once: `Graph::readers` searches the graph.
class Readers {
 public:
  explicit Readers(const Graph& graph);
  struct Reader {
    const Node* node;
    size_t input;
  };
  /// Of all outputs of a node, in the order of construction.
  const std::vector<Reader>& of(const Node& node) const;
  /// Of one value.
  std::vector<Reader> of(const Value& value) const;
  /// Marked as a result, or read by a governor.
  bool used(const Node& node) const { return used_.contains(&node); }

 private:
  std::unordered_map<const Node*, std::vector<Reader>> readers_;
  std::unordered_set<const Node*> used_;
  std::vector<Reader> none_;
};

/// The graph has a loss that an optimizer minimises.
bool trains(const Graph& graph);

/// `conv1 (Conv2d)`.
std::string named(const Node& node);

}  // namespace orrery::invariants
