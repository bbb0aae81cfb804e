#include "runtime/engine/execution/block_bytes.h"

#include <algorithm>
#include <unordered_set>

#include "runtime/graph/block.h"
#include "runtime/graph/layer.h"

namespace orrery {
namespace {

std::int64_t bytes_for(const TensorType& type, const Symbols& symbols) {
  std::int64_t bytes = element_size(type.dtype);
  for (const Dim& dim : type.shape) {
    const auto size = dim.evaluate(symbols);
    if (!size) return 0;
    bytes *= *size;
  }
  return bytes;
}

BlockBytes& place_of(const Node& node, std::vector<BlockBytes>& blocks) {
  const std::string path = node.block().parent() ? node.block().path() : node.path();
  const auto found = std::ranges::find(blocks, path, &BlockBytes::path);
  return found == blocks.end() ? blocks.emplace_back(BlockBytes{.path = path}) : *found;
}

}  // namespace

std::vector<BlockBytes> block_bytes(const Plan& plan, const Symbols& symbols) {
  std::vector<BlockBytes> blocks;
  std::unordered_set<const Parameter*> seen;
  for (const Node* node : plan.nodes) {
    BlockBytes& block = place_of(*node, blocks);
    for (const TensorType& type : node->outputs()) block.outputs += bytes_for(type, symbols);
    if (!node->layer()) continue;
    for (const ParameterPtr& parameter : node->layer()->parameters())
      if (seen.insert(parameter.get()).second) block.parameters += parameter->bytes();
  }
  std::ranges::stable_sort(blocks, std::ranges::greater(),
                           [](const BlockBytes& block) { return block.outputs + block.parameters; });
  return blocks;
}

}  // namespace orrery
