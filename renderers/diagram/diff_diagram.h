#pragma once

#include <optional>

#include "renderers/diagram/diagram.h"

namespace orrery {

/// How two graphs are drawn as one.
struct DiffDiagramOptions {
  DiagramOptions diagram;  ///< colours and findings are not drawn; an overlay is of the second graph's run
  bool all = false;        ///< also what is the same is open, and each operation has its own box
  /// With the diagram's overlay: what the run of the first graph has of the same quantity. The overlay then
  /// shows by how much it grew.
  std::optional<Overlay> before = {};
};

/// The second graph, with what it no longer has where it was. Boxes and lines tell whether they were added,
/// removed or changed. Blocks without any change are shut, and chains of other operations without one are one
/// box each, so that the changes stand out. Node ids are those of the second graph and, behind them, of the
/// first.
Diagram make_diff_diagram(const Graph& before, const Graph& after, const DiffDiagramOptions& options);

/// `kernel size 3 → 5`: one change of a node or block in the words of drawings.
std::string change_text(const GraphDiff::Change& change);

}  // namespace orrery
