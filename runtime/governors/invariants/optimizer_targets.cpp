// What an optimizer may be asked to update.
#include <algorithm>

#include <fmt/format.h>

#include "runtime/governors/attached.h"
#include "runtime/governors/invariants.h"

namespace orrery::invariants {
namespace {

void each_target(const Graph& graph, const auto& visit) {
  for (const Optimizer* optimizer : attached_to(graph).optimizers)
    for (const ParameterGroup& group : optimizer->groups())
      for (const Target& target : group.targets) visit(*optimizer, target);
}

bool has_parameters(const Node& node) {
  return node.layer() &&
         std::ranges::any_of(node.layer()->parameters(), [](const auto& p) { return !p->buffer; });
}

// `features/relu (ReLU)`, `input.image (Input)`
std::string described(const Value& value) {
  const Node& node = *value.node;
  const std::string field = node.input_spec() ? "." + node.output_name(value.output) : "";
  return fmt::format("{}{} ({})", node.path(), field, node.operation());
}

struct Refusal {
  std::string got, remedy;
};

// Why a value has no tensor that could be updated.
Refusal no_leaf(const Node& node) {
  if (!node.input_spec())
    return {"which is computed", has_parameters(node)
                                     ? "Give it the layer's parameters instead: layer:parameters()."
                                     : "Make it a parameter of the graph: g:parameter(name, shape)."};
  if (node.input_spec()->length == 0)
    return {"whose number of samples is not known",
            "Make the input of its data: g:input(data.tensors { image = … })."};
  return {"whose sizes only the data tell", "Give all samples one size."};
}

// Why a tensor cannot be updated; empty when it can.
Refusal untrainable(const Target& target) {
  const ParameterPtr leaf = leaf_of(target);
  const Node* node = target.value ? target.value.node : nullptr;
  if (node && node->state())
    return {"which is a state", "Leave it out: g:carry(state, value) says what a state becomes."};
  if (leaf && leaf->buffer)
    return {"which is a buffer", "Leave it out: layers update their buffers themselves."};
  const bool input = node && node->input_spec();
  const DType dtype = leaf ? leaf->dtype : input ? target.value.dtype() : DType::float32;
  if (!is_floating(dtype))
    return {fmt::format("which holds {} numbers", name(dtype)),
            "Only floating-point numbers can be moved along a gradient: convert it, or leave it out."};
  if (leaf && node && node->constant() && !node->is_parameter())
    return {"which is the tensor of a frozen layer", "Train the layer again: layer:unfreeze()."};
  return {};
}

}  // namespace

std::vector<Finding> optimizer_updates_leaves(const Graph& graph) {
  std::vector<Finding> findings;
  each_target(graph, [&](const Optimizer& optimizer, const Target& target) {
    if (leaf_of(target) || !target.value || &target.value.node->graph() != &graph) return;
    if (!untrainable(target).got.empty()) return;
    const Node& node = *target.value.node;
    const auto [got, remedy] = no_leaf(node);
    findings.push_back(
        {.code = "optimizer-not-leaf",
         .site = optimizer.origin().site,
         .path = node.path(),
         .message = fmt::format("{} cannot update {}, {}", optimizer.kind(), described(target.value), got),
         .expected = "a parameter, a constant, or the input",
         .got = got,
         .remedy = remedy});
  });
  return findings;
}

std::vector<Finding> optimizer_updates_trainable(const Graph& graph) {
  std::vector<Finding> findings;
  const auto owners = owners_of(graph);
  each_target(graph, [&](const Optimizer& optimizer, const Target& target) {
    const auto [got, remedy] = untrainable(target);
    if (got.empty()) return;
    const ParameterPtr leaf = leaf_of(target);
    const auto owner = owners.find(leaf.get());
    const std::string path = owner != owners.end() ? owner->second.key
                             : leaf                ? leaf->name
                                                   : described(target.value);
    findings.push_back({.code = "optimizer-not-trainable",
                        .site = optimizer.origin().site,
                        .path = path,
                        .message = fmt::format("{} cannot update {}, {}", optimizer.kind(), path, got),
                        .expected = "something trainable",
                        .got = got,
                        .remedy = remedy});
  });
  return findings;
}

}  // namespace orrery::invariants
