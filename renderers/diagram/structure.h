#pragma once

#include <string>
#include <unordered_map>

#include "renderers/diagram/diagram.h"

namespace orrery {

/// Numbers what nodes compute by themselves: equal numbers for equal operations, options, parametrizations
/// and types of results, whatever their names and weights.
class NodeStructures {
 public:
  int of(const Node& node);

 private:
  std::unordered_map<std::string, int> numbers_;
};

/// Numbers the frames: equal numbers for those that hold equal boxes in the same order, linked in the same
/// way. REQUIRES: boxes without frames inside are numbered; a frame's contents follow it (full_diagram).
void number_structures(Diagram& diagram);

}  // namespace orrery
