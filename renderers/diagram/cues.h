#pragma once

#include <map>
#include <string>
#include <vector>

namespace orrery {

struct Diagram;
struct DiagramOptions;

/// What a person has arranged about a drawing, apart from the script: in a view, or in a file by hand. Blocks
/// and nodes are told by their paths.
struct Cues {
  std::vector<std::string> expand, collapse;      ///< as the options of the same names: patterns, too
  std::vector<std::string> unfold;                ///< blocks that are drawn although they repeat others
  std::map<std::string, std::string> directions;  ///< of blocks: `south`, `east`, `north`, `west`
  /// By a block's path (empty: the whole drawing), paths of boxes in it from left to right, or from above
  /// where the data flow to the side: so they stand where they are beside each other.
  std::map<std::string, std::vector<std::string>> order;
  std::map<std::string, std::string> titles;  ///< of blocks and nodes, instead of their own
  std::map<std::string, std::string> tags;    ///< of blocks and nodes: words that stand on them

  bool operator==(const Cues&) const = default;
};

/// Reads the JSON of a cues file (docs/drawing.md). `what` begins the messages and says whose text it is.
/// Fails with an `Error`: `Fault::input_file` where it is no JSON, `Fault::usage` on unknown keys (with the
/// nearest) and on what is no text.
Cues read_cues(const std::string& json, const std::string& what);

/// Fails with an `Error(Fault::usage)` that has the nearest path on one that no block (or node) of the
/// diagram has. REQUIRES: nothing is folded yet.
void check_cues(const Diagram& diagram, const Cues& cues);

/// Turns, orders, names and tags boxes, and marks those that are to stand alone. Blocks inside of one that is
/// turned are turned with it where they went its way.
void apply_cues(Diagram& diagram, const Cues& cues);

/// The options with the cues' blocks to expand and collapse among them; a path that the options name
/// themselves goes by the options.
DiagramOptions with_cues(DiagramOptions options);

}  // namespace orrery
