#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/vizml/catalogue.h"

namespace orrery {

/// A node of VizML's JSON, with its parameters read as options.
struct VizmlNode {
  std::string id;
  const VizmlKind* kind = nullptr;
  std::string name;    ///< as VizML's own code calls it: `layer_Linear_0`, counted by type and node
  Attributes options;  ///< complete

  /// `node 4 (Linear)`, as messages call it.
  std::string str() const;
};

/// From one port to another; the nodes by their places in the document.
struct VizmlLink {
  std::string id;
  std::size_t from = 0, to = 0;
  int from_port = 0, to_port = 0;
  bool operator==(const VizmlLink&) const = default;
};

struct VizmlBlock {
  std::string name;
  std::vector<std::size_t> nodes;
};

/// What VizML's JSON says, in its order:
///
///     {"nodes":  [{"id":4, "node":"Linear", "type":"layer", "api":"Linear", "source":"PyTorch",
///                  "parameters":[{"ParaName":"in_features", "ParaClass":"int", "ParaValue":"784",
///                                 "Required":1}, …]}, …],
///      "blocks": [{"id":21, "name":"Block21", "nodeIDs":[4, 5]}, …],
///      "links":  [{"id":1, "color":"#fb9a99", "source":{"nodeID":2, "port":4},
///                  "target":{"nodeID":4, "port":1}}, …]}
struct VizmlDocument {
  std::vector<VizmlNode> nodes;
  std::vector<VizmlBlock> blocks;
  std::vector<VizmlLink> links;
};

/// Reads and checks each entry by itself; rules.h has what they must keep together. All faults are
/// `Error(Fault::input_file)` beginning with `what` and naming node and key, what is expected and what was
/// found; node kinds that are not known all at once.
VizmlDocument parse_vizml(std::string_view text, const std::string& what);

}  // namespace orrery
