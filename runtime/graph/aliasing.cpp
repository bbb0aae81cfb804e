#include "runtime/graph/aliasing.h"

namespace orrery {

Value aliased_input(const Node& node, int output) {
  if (!node.descriptor()) return {};
  for (const Alias& alias : node.descriptor()->aliases) {
    if (alias.output == output) return node.inputs()[static_cast<size_t>(alias.input)];
  }
  return {};
}

StorageRoots find_storage_roots(const std::vector<const Node*>& order) {
  StorageRoots roots;
  for (const Node* node : order) {
    for (int output = 0; output < static_cast<int>(node->outputs().size()); ++output) {
      const Value value = output_of(*node, output);
      const Value source = aliased_input(*node, output);
      roots.emplace(value, source ? roots.at(source) : value);
    }
  }
  return roots;
}

}  // namespace orrery
