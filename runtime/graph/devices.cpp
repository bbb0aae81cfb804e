#include "runtime/graph/devices.h"

#include "runtime/graph/block.h"

namespace orrery {
namespace {

using Asked = std::unordered_map<const Node*, AskedDevice>;

bool owns_parameters(const Node& node) { return node.layer() && !node.layer()->parameters().empty(); }

bool is_same_device(const std::string& one, const std::string& other) {
  const auto numbered = [](const std::string& word) { return word == "cuda" ? "cuda:0" : word; };
  return numbered(one) == numbered(other);
}

void follow(AskedDevice& asked, const AskedDevice& input) {
  if (!asked.by) asked = {input.device, input.by};
  if (!asked.against && !is_same_device(asked.device, input.device)) asked.against = input.by;
}

// Of the inputs that were moved, those with dimensions, or the scalars.
AskedDevice followed(const Node& node, const Asked& known, bool scalars) {
  AskedDevice asked;
  for (const Value& input : node.inputs()) {
    if (!input || input.shape().empty() != scalars) continue;
    const auto found = known.find(input.node);
    if (found != known.end() && found->second.by) follow(asked, found->second);
  }
  return asked;
}

AskedDevice asked_of(const Node& node, const Asked& known) {
  if (std::string device = device_of_move(node); !device.empty()) return {std::move(device), &node};
  if (const Block* block = placed_block(node)) return {block->device()};
  if (owns_parameters(node)) return {};
  const AskedDevice asked = followed(node, known, false);
  return asked.by ? asked : followed(node, known, true);
}

}  // namespace

std::string device_of_move(const Node& node) {
  const bool moves = node.descriptor() && node.descriptor()->name == "to" && node.attributes().has("device");
  return moves ? node.attributes().text("device") : std::string();
}

const Block* placed_block(const Node& node) {
  const Block* block = &node.block();
  while (block && block->device().empty()) block = block->parent();
  return block;
}

std::unordered_map<const Node*, AskedDevice> asked_devices(const std::vector<const Node*>& order) {
  Asked known;
  for (const Node* node : order)
    if (AskedDevice asked = asked_of(*node, known); !asked.device.empty())
      known.emplace(node, std::move(asked));
  return known;
}

}  // namespace orrery
