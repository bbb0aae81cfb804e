#include "runtime/codegen/shared_layers.h"

#include <algorithm>

namespace orrery {
namespace {

bool has_one_weight(const Layer& layer, const std::string& kind) {
  return layer.descriptor().name == kind && layer.slots() == std::vector<std::string>{"weight"};
}

}  // namespace

TensorOwners::TensorOwners(const Graph& graph) {
  for (const LayerPtr& layer : graph.layers())
    for (const ParameterPtr& tensor : layer->parameters()) layers_[tensor.get()].push_back(layer.get());
}

std::vector<const Layer*> TensorOwners::beside(const Layer& layer, const ParameterPtr& tensor) const {
  std::vector<const Layer*> others = layers_.at(tensor.get());
  std::erase(others, &layer);
  return others;
}

const Layer* TensorOwners::tied_embedding(const Node& node) const {
  if (!node.layer() || !has_one_weight(*node.layer(), "Linear")) return nullptr;
  for (const Layer* layer : layers_.at(node.layer()->parameters()[0].get()))
    if (has_one_weight(*layer, "Embedding")) return layer;
  return nullptr;
}

bool may_share_table(const Layer& embedding, const Layer& linear) {
  return has_one_weight(embedding, "Embedding") && has_one_weight(linear, "Linear");
}

SharedLayers::SharedLayers(const ModuleTree& tree, const std::set<const Block*>& inlined)
    : tree_(tree), inlined_(inlined), tensors_(tree.graph()) {
  std::map<const Layer*, std::vector<const Node*>> users;
  for (const Node* node : tree.modules().back()->all_nodes()) {
    for (const Layer* layer : layers_of(*node)) users[layer].push_back(node);
    if (node->layer()) owners_.try_emplace(node->layer().get(), node);
  }
  for (const auto& [layer, nodes] : users) {
    if (nodes.size() < 2) continue;
    const Block* around = &function_around(nodes[0]->block());
    for (const Node* node : nodes)
      while (!around->contains(node->block())) around = &function_around(*around->parent());
    made_in_[layer] = around;
  }
}

// The layers with weights that a node needs.
std::vector<const Layer*> SharedLayers::layers_of(const Node& node) const {
  if (!node.layer() || node.layer()->parameters().empty()) return {};
  if (const Layer* embedding = tied_embedding(node)) return {embedding};
  return {node.layer().get()};
}

const Block& SharedLayers::function_around(const Block& block) const {
  const Block* around = &block;
  while (!tree_.is_call(*around) || inlined_.contains(&tree_.first_call(*around))) around = around->parent();
  return *around;
}

std::vector<const Layer*> SharedLayers::within(const Block& block) const {
  std::vector<const Layer*> found;
  for (const Node* node : block.all_nodes())
    for (const Layer* layer : layers_of(*node)) {
      if (!made_in_.contains(layer) || std::ranges::find(found, layer) != found.end()) continue;
      if (made_in_.at(layer)->contains(block)) found.push_back(layer);
    }
  return found;
}

std::vector<const Layer*> SharedLayers::borrowed_by(const Block& block) const {
  std::vector<const Layer*> found = within(block);
  std::erase_if(found, [&](const Layer* layer) { return is_made_in(*layer, block); });
  return found;
}

std::vector<const Layer*> SharedLayers::used_by(const ModuleTree::Unit& unit, const ModuleTree& tree) const {
  if (unit.block) return borrowed_by(tree.first_call(*unit.block));
  std::vector<const Layer*> found = layers_of(*unit.node);
  std::erase_if(found, [&](const Layer* layer) { return !made_in_.contains(layer); });
  return found;
}

}  // namespace orrery
