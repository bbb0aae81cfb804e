#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace orrery::test {

struct ZooGraph {
  std::string name;
  std::unique_ptr<Graph> graph;
};

/// All models of the zoo, as the built program makes them. Empty where there is no program.
std::vector<ZooGraph> zoo_graphs();

}  // namespace orrery::test
