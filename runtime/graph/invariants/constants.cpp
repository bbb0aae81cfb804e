// What constants hold.
#include <cmath>

#include <fmt/format.h>

#include "runtime/graph/invariants.h"
#include "runtime/graph/invariants/reading.h"

namespace orrery::invariants {

std::vector<Finding> constants_are_numbers(const Graph& graph) {
  std::vector<Finding> findings;
  for (const auto& node : graph.nodes()) {
    const ParameterPtr& constant = node->constant();
    if (!constant) continue;
    const bool drawn_from_nan = std::isnan(constant->init.a) || std::isnan(constant->init.b);
    if (!constant->has_nan && !drawn_from_nan) continue;
    findings.push_back(
        {.code = "constant-nan",
         .severity = Severity::warning,
         .site = node->origin().site,
         .path = node->path(),
         .message = fmt::format("{} holds NaN, and so will whatever is computed from it", named(*node)),
         .expected = "numbers",
         .got = "NaN",
         .remedy = "Look where its values come from; x:nan_to_num() replaces them."});
  }
  return findings;
}

}  // namespace orrery::invariants
