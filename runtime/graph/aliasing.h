#pragma once

#include <map>
#include <utility>
#include <vector>

#include "runtime/graph/node.h"

namespace orrery {

/// Orders values by construction, never by address.
struct ValueLess {
  bool operator()(const Value& a, const Value& b) const {
    return std::pair(a.node->id(), a.output) < std::pair(b.node->id(), b.output);
  }
};

/// One output of a node that is only read.
inline Value output_of(const Node& node, int output) { return {const_cast<Node*>(&node), output}; }

/// The input whose storage an output may use, as a view or by overwriting it; empty for one with its own.
Value aliased_input(const Node& node, int output);

/// For each value, the value whose storage it may use: itself, or the one that its chain of views begins
/// with.
using StorageRoots = std::map<Value, Value, ValueLess>;

/// Pass: which values may share memory, read from the descriptors (a view that may become a copy counts as
/// a view). Requires an order in which producers come first. Every output of every node has a root, which is
/// its own root.
StorageRoots find_storage_roots(const std::vector<const Node*>& order);

}  // namespace orrery
