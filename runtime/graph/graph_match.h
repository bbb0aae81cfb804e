#pragma once

#include <vector>

#include "runtime/graph/graph_outline.h"

namespace orrery {

/// Which block or node of one graph is which of another, by their places in the outlines; -1: none.
struct GraphMatch {
  std::vector<int> nodes;       ///< of the first graph: the node of the second
  std::vector<int> nodes_back;  ///< of the second: the node of the first
  std::vector<int> blocks;
  std::vector<int> blocks_back;
};

/// Matches two graphs by what they are made of, so that a block with another name, or a layer in the middle
/// that numbers those after it anew, leaves the rest the same. From the root inwards the contents of two
/// blocks that match are aligned in their order (Needleman and Wunsch, 1970): equal operations and blocks of
/// equal contents first, names where those do not tell. What is left is matched wherever it stands: blocks
/// by equal, then similar contents (after GumTree: Falleri and others, 2014), nodes by their neighbours.
GraphMatch match_graphs(const GraphOutline& before, const GraphOutline& after);

/// What a link brings once nodes that the other graph does not have are left out: the first input of each.
/// `match` tells of each node its partner.
GraphOutline::Link past_unmatched(const GraphOutline& outline, const std::vector<int>& match,
                                  GraphOutline::Link link);

}  // namespace orrery
