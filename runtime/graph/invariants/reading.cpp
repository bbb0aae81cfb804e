#include "runtime/graph/invariants/reading.h"

#include <algorithm>

#include <fmt/format.h>

namespace orrery::invariants {

bool is_one_of(const Node& node, std::initializer_list<std::string_view> operations) {
  return node.descriptor() && std::ranges::find(operations, node.descriptor()->name) != operations.end();
}

const Node* maker(const Node& node, size_t input) {
  return input < node.inputs().size() ? node.inputs()[input].node : nullptr;
}

Readers::Readers(const Graph& graph) {
  for (const auto& node : graph.nodes())
    for (size_t i = 0; i < node->inputs().size(); ++i)
      if (const Node* made = maker(*node, i)) readers_[made].push_back({node.get(), i});
  for (const Use& use : graph.uses()) used_.insert(use.value.node);
}

const std::vector<Readers::Reader>& Readers::of(const Node& node) const {
  const auto found = readers_.find(&node);
  return found == readers_.end() ? none_ : found->second;
}

std::vector<Readers::Reader> Readers::of(const Value& value) const {
  std::vector<Reader> readers;
  for (const Reader& reader : of(*value.node))
    if (reader.node->inputs()[reader.input] == value) readers.push_back(reader);
  return readers;
}

bool trains(const Graph& graph) {
  return std::ranges::any_of(graph.uses(), [](const Use& use) { return use.kind == Use::Kind::loss; });
}

std::string named(const Node& node) { return fmt::format("{} ({})", node.path(), node.operation()); }

}  // namespace orrery::invariants
