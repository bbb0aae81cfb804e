#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "renderers/diagram/diagram.h"

namespace orrery {

/// Finds the texts of boxes. Looks at the whole graph once, since a name that the script gives to several
/// nodes of a block says nothing about any, and a layer may be applied more than once.
class BoxTexts {
 public:
  explicit BoxTexts(const Graph& graph);

  /// Kind, texts and category of a node that is not the input; its parent is still to be set.
  DiagramBox box(const Node& node) const;
  /// The same for one field of the input node.
  static DiagramBox field(const Node& node, int output);
  /// How many parameters (buffers not counted) some nodes have, shared ones once; empty
  /// for none.
  static std::string cost(const std::vector<Node*>& nodes);

 private:
  std::string note(const Node& node) const;

  std::map<std::pair<const Block*, std::string>, int> labels_;  // how often each is used
  std::map<const Layer*, const Node*> first_use_;
};

}  // namespace orrery
