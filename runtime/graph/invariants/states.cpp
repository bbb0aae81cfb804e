// What is carried from step to step.
#include <fmt/format.h>

#include "runtime/graph/invariants.h"
#include "runtime/graph/invariants/reading.h"

namespace orrery::invariants {

std::vector<Finding> states_are_carried(const Graph& graph) {
  std::vector<Finding> findings;
  for (const auto& node : graph.nodes()) {
    if (!node->state() || node->state()->next) continue;
    findings.push_back(
        {.code = "state-not-carried",
         .site = node->origin().site,
         .path = node->path(),
         .message = fmt::format("nothing says what {} is after a step", named(*node)),
         .expected = "a value that the state becomes",
         .got = "none",
         .remedy = "Call g:carry(state, value) once, or make it a constant: g:constant(shape)."});
  }
  return findings;
}

}  // namespace orrery::invariants
