#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"
#include "runtime/vizml/catalogue.h"
#include "runtime/vizml/run.h"

namespace orrery {

/// What becomes one node of VizML's JSON: a node of the graph, or a block that stands for one.
struct VizmlPiece {
  const VizmlKind* kind = nullptr;
  Attributes options;  ///< of the kind
  std::vector<const Node*> nodes;
  std::vector<Value> inputs;     ///< from outside, one per port; of an Adder all that it adds
  const Block* block = nullptr;  ///< outermost one around it; null: none

  const Node& last() const { return *nodes.back(); }
};

/// The pieces of a graph in the order of construction. What VizML has no node for is added to `faults`, as
/// `path (operation): why`.
std::vector<VizmlPiece> vizml_pieces(const Graph& graph, const VizmlRun* run,
                                     std::vector<std::string>& faults);

}  // namespace orrery
