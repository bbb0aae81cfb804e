// Values that were moved to devices.
#include "runtime/graph/devices.h"

#include <fmt/format.h>

#include "runtime/graph/invariants.h"
#include "runtime/graph/invariants/reading.h"

namespace orrery::invariants {
namespace {

std::string moved(const Node& move) {
  return device_of_move(move) + provenance({const_cast<Node*>(&move), 0});
}

}  // namespace

std::vector<Finding> devices_agree(const Graph& graph) {
  std::vector<const Node*> order;
  for (const auto& node : graph.nodes()) order.push_back(node.get());
  const auto asked = asked_devices(order);
  std::vector<Finding> findings;
  for (const Node* node : order) {
    const auto found = asked.find(node);
    if (found == asked.end() || !found->second.against) continue;
    const std::string got = fmt::format("{} and {}", moved(*found->second.by), moved(*found->second.against));
    findings.push_back({.code = "device-mismatch",
                        .site = node->origin().site,
                        .path = node->path(),
                        .message = fmt::format("{} expects values on one device, got {}", named(*node), got),
                        .expected = "values on one device",
                        .got = got,
                        .remedy = fmt::format("Move one of them first, x:to(\"{}\"), or place the block that "
                                              "computes it: block:to(\"{}\").",
                                              found->second.device, found->second.device)});
  }
  return findings;
}

}  // namespace orrery::invariants
