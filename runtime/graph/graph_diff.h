#pragma once

#include <string>
#include <vector>

#include "runtime/graph/graph.h"
#include "runtime/graph/graph_match.h"

namespace orrery {

/// How one graph differs from another.
struct GraphDiff {
  enum class Kind { same, added, removed, changed };

  /// An option that changed, or `operation`, `inputs`, `name`, `shape of x`, …; empty: none, or its default.
  struct Change {
    std::string what, before, after;
    bool operator==(const Change&) const = default;
  };

  /// A block or node in one of the graphs or both.
  struct Entry {
    Kind kind = Kind::same;
    int before = -1, after = -1;  ///< places in the graphs (of a node: its id); -1: not there
    std::string path;             ///< in the graph that has both; one that was removed is where it was
    std::string old_path;         ///< in the first graph
    std::vector<Change> changes;
  };

  /// Those of the second graph in their order, each removed one behind what it came after; block 0 is the
  /// root. Outputs are numbered as they were marked.
  std::vector<Entry> blocks, nodes, outputs;
  GraphMatch match;
};

/// Compares what two texts in canonical JSON (`to_json`) hold. Numbers that are made by counting (`conv2d_2`)
/// are no names, and a link past what was added or removed is the same link.
GraphDiff diff(const GraphOutline& before, const GraphOutline& after);

/// The same, with the defaults of options that one side leaves to them.
GraphDiff diff(const Graph& before, const Graph& after);

/// `same`, `added`, `removed`, `changed`.
std::string_view name(GraphDiff::Kind kind);

}  // namespace orrery
