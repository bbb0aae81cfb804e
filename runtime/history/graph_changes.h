#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace orrery {

/// One difference between two graphs.
struct GraphChange {
  enum class Kind { added, removed, changed };
  Kind kind = Kind::changed;
  /// `block`, `node` or `output`.
  std::string what;
  /// The block's or node's path: `features/conv2d`.
  std::string path;
  /// The operation or, of a change, what changed: `padding`, `operation`, `inputs`, `name`, `shape of x`.
  std::string item;
  /// Of a change: before and after; empty for none (a default).
  std::string before, after;
  bool operator==(const GraphChange&) const = default;
};

/// How the second graph differs from the first, both canonical JSON (`to_json`). Blocks and nodes are matched
/// by what they are made of (`match_graphs`), outputs by their names. First blocks, then nodes, then outputs,
/// each in the order of their graphs, and first those that were removed.
/// Of a change of an option that has its default value on one side, that side is empty: JSON does not keep
/// defaults. A text that is no graph has no nodes.
std::vector<GraphChange> graph_changes(std::string_view before, std::string_view after);

/// `added`, `removed`, `changed`.
std::string_view name(GraphChange::Kind kind);

}  // namespace orrery
