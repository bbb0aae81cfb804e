#include "runtime/graph/block.h"

#include <algorithm>
#include <ranges>

#include "runtime/graph/graph.h"

namespace orrery {
namespace {

void collect(const Block& block, std::vector<Node*>& nodes) {
  nodes.insert(nodes.end(), block.nodes().begin(), block.nodes().end());
  for (const auto& child : block.children()) collect(*child, nodes);
}

void add_once(std::vector<Value>& values, Value value) {
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
}

}  // namespace

std::vector<Node*> Block::all_nodes() const {
  std::vector<Node*> nodes;
  collect(*this, nodes);
  std::sort(nodes.begin(), nodes.end(), [](const Node* a, const Node* b) { return a->id() < b->id(); });
  return nodes;
}

std::string Block::path() const {
  if (!parent_) return "";
  const std::string above = parent_->path();
  return above.empty() ? name_ : above + "/" + name_;
}

bool Block::contains(const Block& other) const {
  for (const Block* block = &other; block; block = block->parent_)
    if (block == this) return true;
  return false;
}

const Block* recomputed_block(const Node& node) {
  const Block* found = nullptr;
  for (const Block* block = &node.block(); block; block = block->parent())
    if (block->recomputes()) found = block;
  return found;
}

Block::Ports Block::ports() const {
  Ports ports;
  for (const Node* reader : graph_->nodes() | std::views::transform([](const auto& n) { return n.get(); })) {
    const bool inside = contains(reader->block());
    for (const Value& value : reader->inputs()) {
      if (!value) continue;
      const bool from_inside = contains(value.node->block());
      if (inside && !from_inside) add_once(ports.in, value);
      if (!inside && from_inside) add_once(ports.out, value);
    }
  }
  for (const Use& use : graph_->uses())
    if (contains(use.value.node->block())) add_once(ports.out, use.value);
  return ports;
}

}  // namespace orrery
