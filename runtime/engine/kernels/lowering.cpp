#include "runtime/engine/kernels/lowering.h"

#include <functional>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

#include "runtime/core/error.h"

namespace orrery {
namespace {

std::unordered_map<std::string_view, LoweringEntry> index_lowerings() {
  std::unordered_map<std::string_view, LoweringEntry> index;
  for (const auto& family :
       {linear_lowerings(), activation_lowerings(), shape_lowerings(), arithmetic_lowerings(),
        loss_lowerings(), pooling_lowerings(), convolution_lowerings(), normalization_lowerings(),
        sparse_lowerings(), attention_lowerings(), dropout_lowerings(), softmax_lowerings(), pair_lowerings(),
        reduction_lowerings(), join_lowerings()})
    for (const LoweringEntry& entry : family) {
      const bool added = index.emplace(entry.operation, entry).second;
      invariant(added, "two lowerings for one operation");
    }
  return index;
}

ResultOrder order_of(const Node& node) {
  const LoweringEntry* const entry = node.descriptor() ? lowering_of(*node.descriptor()) : nullptr;
  return entry ? entry->order : ResultOrder::unknown;
}

}  // namespace

bool lies_in_order(const Value& value) {
  std::vector<const Node*> open = {value.node};
  std::unordered_set<const Node*> seen;
  while (!open.empty()) {
    const Node* node = open.back();
    open.pop_back();
    if (!seen.insert(node).second) continue;
    const ResultOrder order = order_of(*node);
    if (order == ResultOrder::unknown) return false;
    if (order == ResultOrder::in_order) continue;
    for (const Value& input : node->inputs())
      if (input) open.push_back(input.node);
  }
  return true;
}

const LoweringEntry* lowering_of(const Descriptor& descriptor) {
  static const std::unordered_map<std::string_view, LoweringEntry> index = index_lowerings();
  const auto found = index.find(descriptor.name);
  return found == index.end() || descriptor.own ? nullptr : &found->second;
}

std::int64_t count_of(const std::vector<std::int64_t>& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>());
}

}  // namespace orrery
