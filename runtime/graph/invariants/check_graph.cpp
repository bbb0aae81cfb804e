#include "runtime/graph/invariants.h"

namespace orrery {

std::vector<Finding> check_graph(const Graph& graph) {
  using Rule = std::vector<Finding> (*)(const Graph&);
  static constexpr Rule kRules[] = {invariants::not_empty, invariants::one_input,
                                    invariants::no_dangling_node};
  std::vector<Finding> findings;
  for (Rule rule : kRules) {
    std::vector<Finding> found = rule(graph);
    findings.insert(findings.end(), found.begin(), found.end());
  }
  return findings;
}

}  // namespace orrery
