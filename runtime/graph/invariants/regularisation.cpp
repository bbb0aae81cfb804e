// Dropout and batch normalisation where they do not what they are meant for.
#include <algorithm>

#include <fmt/format.h>

#include "runtime/graph/invariants.h"
#include "runtime/graph/invariants/reading.h"

namespace orrery::invariants {
namespace {

bool is_batch_norm(const Node& node) {
  return is_one_of(node, {"BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"});
}

bool is_loss(const Node& node) { return node.descriptor() && node.descriptor()->category == Category::loss; }

bool frozen(const Layer& layer) {
  bool any = false;
  for (const ParameterPtr& parameter : layer.parameters()) {
    if (parameter->trainable) return false;
    any = any || !parameter->buffer;
  }
  return any;
}

}  // namespace

std::vector<Finding> no_dropout_at_the_end(const Graph& graph) {
  const Readers readers(graph);
  std::vector<Finding> findings;
  for (const auto& node : graph.nodes()) {
    if (!node->descriptor() || node->descriptor()->category != Category::dropout) continue;
    const auto& of_it = readers.of(*node);
    const bool ends = std::ranges::all_of(of_it, [](const auto& reader) { return is_loss(*reader.node); });
    if (!ends || (of_it.empty() && !readers.used(*node))) continue;
    findings.push_back(
        {.code = "dropout-at-the-end",
         .severity = Severity::warning,
         .site = node->origin().site,
         .path = node->path(),
         .message = fmt::format("{} drops parts of the result itself: no layer follows it", named(*node)),
         .remedy = "Put it before the last layer, or take it out."});
  }
  return findings;
}

std::vector<Finding> several_values_per_channel(const Graph& graph) {
  if (!trains(graph)) return {};
  std::vector<Finding> findings;
  for (const auto& node : graph.nodes()) {
    if (!is_batch_norm(*node)) continue;
    const Shape& shape = node->inputs()[0].shape();
    Dim per_channel = shape[0];
    for (size_t i = 2; i < shape.size(); ++i) per_channel = per_channel * shape[i];
    if (equal(per_channel, 1) != Known::yes) continue;
    findings.push_back(
        {.code = "batch-norm-one-value",
         .site = node->origin().site,
         .path = node->path(),
         .message = fmt::format("{} expects more than one value per channel while training, got {}",
                                named(*node), str(shape)),
         .expected = "more than one value per channel",
         .got = str(shape),
         .remedy = "Use larger batches, or GroupNorm or LayerNorm instead."});
  }
  return findings;
}

std::vector<Finding> frozen_batch_norm_is_still(const Graph& graph) {
  if (!trains(graph)) return {};
  std::vector<Finding> findings;
  for (const LayerPtr& layer : graph.layers()) {
    const auto node = std::ranges::find(graph.nodes(), layer, [](const auto& each) { return each->layer(); });
    if (!is_batch_norm(**node) || !layer->training() || !frozen(*layer)) continue;
    const Attributes& options = layer->attributes();
    if (!options.boolean("track_running_stats") || !options.boolean("affine")) continue;
    findings.push_back(
        {.code = "frozen-batch-norm",
         .severity = Severity::warning,
         .site = (*node)->origin().site,
         .path = (*node)->path(),
         .message = fmt::format("{} is frozen, but its running statistics go on changing while training",
                                named(**node)),
         .remedy = "Call its eval(), so that it computes with the statistics that it has."});
  }
  return findings;
}

}  // namespace orrery::invariants
