#include <algorithm>

#include <fmt/format.h>

#include "runtime/graph/invariants.h"

namespace orrery::invariants {

std::vector<Finding> sizes_known(const Graph& graph) {
  const bool trains = std::any_of(graph.uses().begin(), graph.uses().end(),
                                  [](const Use& use) { return use.kind == Use::Kind::loss; });
  if (!trains) return {};
  std::vector<Finding> findings;
  for (const auto& node : graph.nodes()) {
    if (node->data_symbols().empty()) continue;
    findings.push_back(
        {.code = "data-dependent-shape",
         .site = node->origin().site,
         .path = node->path(),
         .message = fmt::format("{} ({}) gives {}, a size that only the data tell; a trained graph knows "
                                "every size beforehand",
                                node->path(), node->operation(), str(node->outputs()[0].shape)),
         .expected = "sizes known from the input's",
         .got = str(node->outputs()[0].shape),
         .remedy = "Keep the shape: x:where(mask, 0), a product with the mask, or topk with a fixed k; in "
                   "graphs that only evaluate it is allowed."});
  }
  return findings;
}

}  // namespace orrery::invariants
