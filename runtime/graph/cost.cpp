#include "runtime/graph/cost.h"

#include <algorithm>

namespace orrery {
namespace {

std::vector<const TensorType*> types_of_inputs(const Node& node) {
  std::vector<const TensorType*> types;
  for (const Value& value : node.inputs()) types.push_back(value ? &value.type() : nullptr);
  return types;
}

}  // namespace

Dim byte_count(const TensorType& type) { return numel(type.shape) * Dim(element_size(type.dtype)); }

bool is_view(const Node& node) {
  const Descriptor* operation = node.descriptor();
  if (!operation || operation->aliases.empty() || operation->differs_in_training) return false;
  return std::ranges::all_of(operation->aliases, [&](const Alias& alias) {
    const Value& input = node.inputs().at(static_cast<size_t>(alias.input));
    return alias.kind != Alias::Kind::overwrite && input &&
           input.type().dtype == node.outputs().at(static_cast<size_t>(alias.output)).dtype;
  });
}

Dim flops_of(const Node& node) {
  if (!node.descriptor() || !node.descriptor()->flops) return 0;
  const std::vector<const TensorType*> inputs = types_of_inputs(node);
  return node.descriptor()->flops({inputs, node.outputs(), node.attributes()});
}

Dim bytes_moved_of(const Node& node) {
  const Descriptor* operation = node.descriptor();
  if (!operation || is_view(node)) return 0;
  const std::vector<const TensorType*> inputs = types_of_inputs(node);
  if (operation->moved) return operation->moved({inputs, node.outputs(), node.attributes()});
  Dim bytes = 0;
  for (const TensorType* input : inputs)
    if (input) bytes = bytes + byte_count(*input);
  for (const TensorType& output : node.outputs()) bytes = bytes + byte_count(output);
  if (node.layer())
    for (const ParameterPtr& parameter : node.layer()->parameters()) bytes = bytes + Dim(parameter->bytes());
  return bytes;
}

}  // namespace orrery
