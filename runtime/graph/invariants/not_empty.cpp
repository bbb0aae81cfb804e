#include <algorithm>

#include <fmt/format.h>

#include "runtime/graph/invariants.h"

namespace orrery::invariants {

std::vector<Finding> not_empty(const Graph& graph) {
  const bool has_operation = std::any_of(graph.nodes().begin(), graph.nodes().end(),
                                         [](const auto& node) { return node->descriptor() != nullptr; });
  if (has_operation) return {};
  return {{.code = "empty-graph",
           .site = graph.origin().site,
           .message = fmt::format("graph '{}' has no operation", graph.name()),
           .remedy = "Apply a layer or call a method of an input's value."}};
}

}  // namespace orrery::invariants
