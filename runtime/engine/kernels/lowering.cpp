#include "runtime/engine/kernels/lowering.h"

#include <algorithm>
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

constexpr std::string_view kMakesContiguous[] = {"Linear", "LayerNorm", "Embedding"};
constexpr std::string_view kKeepsLayout[] = {
    "ReLU",    "relu",    "GELU",    "gelu",    "SiLU",   "silu",    "Tanh",      "tanh",      "Sigmoid",
    "sigmoid", "add",     "Dropout", "dropout", "mul",    "flatten", "unflatten", "unsqueeze", "squeeze",
    "view",    "reshape", "sub",     "Conv1d",  "Conv2d", "div",     "MaxPool2d", "max_pool2d"};

}  // namespace

bool lies_in_order(const Value& value) {
  const auto is_among = [](const auto& names, const Node& node) {
    return node.descriptor() && std::ranges::find(names, node.descriptor()->name) != std::end(names);
  };
  std::vector<const Node*> open = {value.node};
  std::unordered_set<const Node*> seen;
  while (!open.empty()) {
    const Node* node = open.back();
    open.pop_back();
    if (is_among(kMakesContiguous, *node) || !seen.insert(node).second) continue;
    if (!is_among(kKeepsLayout, *node)) return false;
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
