#include "renderers/diagram/overlay_of_graph.h"

#include <set>

#include "runtime/core/error.h"
#include "runtime/graph/flops.h"

namespace orrery {
namespace {

double parameters_of(const Node& node, std::set<const Parameter*>& counted) {
  double count = 0;
  const auto add = [&](const ParameterPtr& parameter) {
    if (!parameter->buffer && counted.insert(parameter.get()).second)
      count += static_cast<double>(numel(parameter->shape).value());
  };
  if (node.is_parameter()) add(node.constant());
  if (node.layer())
    for (const ParameterPtr& parameter : node.layer()->parameters()) add(parameter);
  return count;
}

// Every symbol is one: one sample, one step of time.
std::map<std::string, std::int64_t> one_of_each(const Graph& graph) {
  std::vector<std::string> symbols;
  for (const auto& node : graph.nodes())
    for (const TensorType& type : node->outputs())
      for (const Dim& dim : type.shape) dim.collect_symbols(symbols);
  std::map<std::string, std::int64_t> ones;
  for (const std::string& symbol : symbols) ones[symbol] = 1;
  return ones;
}

// What has nothing of the quantity stays uncoloured, blocks as single operations.
void add(Overlay& overlay, const Node& node, double amount) {
  if (amount <= 0) return;
  overlay.nodes[node.path()] = amount;
  overlay.blocks[node.block().path()] += amount;
  for (const Block* block = &node.block(); block; block = block->parent())
    overlay.total[block->path()] += amount;
}

}  // namespace

Overlay flops_overlay(const Graph& graph) {
  Overlay overlay{.title = "Operations of one forward pass, one sample", .unit = "FLOP"};
  const auto ones = one_of_each(graph);
  for (const auto& node : graph.nodes()) add(overlay, *node, flops_of(*node, ones));
  return overlay;
}

Overlay parameters_overlay(const Graph& graph) {
  Overlay overlay{.title = "Parameters", .unit = ""};
  std::set<const Parameter*> counted;
  for (const auto& node : graph.nodes()) add(overlay, *node, parameters_of(*node, counted));
  return overlay;
}

}  // namespace orrery
