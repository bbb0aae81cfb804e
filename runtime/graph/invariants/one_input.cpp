#include <algorithm>

#include <fmt/format.h>

#include "runtime/graph/invariants.h"

namespace orrery::invariants {

std::vector<Finding> one_input(const Graph& graph) {
  const bool trains = std::any_of(graph.uses().begin(), graph.uses().end(),
                                  [](const Use& use) { return use.kind == Use::Kind::loss; });
  if (!trains || graph.input_node()) return {};
  return {{.code = "no-input",
           .site = graph.origin().site,
           .message = fmt::format("graph '{}' is trained and has no input", graph.name()),
           .expected = "one input",
           .got = "none",
           .remedy = "Begin with g:input(data…), which gives one value per field of the data."}};
}

}  // namespace orrery::invariants
