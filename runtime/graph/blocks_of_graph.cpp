// The part of Graph that makes, undoes and names blocks.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "runtime/graph/graph.h"

namespace orrery {
namespace {

[[noreturn]] void refuse(std::string code, const Origin& origin, std::string path, std::string message,
                         std::string remedy = {}) {
  throw CheckError({{.code = std::move(code),
                     .site = origin.site,
                     .path = std::move(path),
                     .message = std::move(message),
                     .remedy = std::move(remedy)}});
}

}  // namespace

Block& Graph::add_block(Block& parent, const std::string& name, Origin origin) {
  std::unique_ptr<Block> block(new Block);
  block->name_ = free_name(parent, name, false, origin);
  block->parent_ = &parent;
  block->graph_ = this;
  block->origin_ = std::move(origin);
  names_[&parent].insert(block->name_);
  parent.children_.push_back(std::move(block));
  return *parent.children_.back();
}

Block& Graph::begin_block(const std::string& name, Origin origin) {
  require_open(origin);
  current_ = &add_block(*current_, name, std::move(origin));
  return *current_;
}

void Graph::reenter_block(Block& block) {
  require_open({});
  reentered_from_.push_back(current_);
  current_ = &block;
}

void Graph::leave_block() {
  current_ = reentered_from_.back();
  reentered_from_.pop_back();
}

void Graph::end_block() {
  invariant(current_->parent() != nullptr, "end_block without begin_block");
  current_ = current_->parent_;
}

void Graph::abandon_block() {
  if (witness_ && !failed_) witness_(*this, {});
  failed_ = true;
  Block* block = current_;
  end_block();
  const auto inside = [&](const Node& node) { return block->contains(node.block()); };
  std::erase_if(uses_, [&](const Use& use) { return inside(*use.value.node); });
  for (const auto& node : nodes_)
    if (node->state_ && node->state_->next && inside(*node->state_->next.node)) node->state_->next = {};
  while (!nodes_.empty() && inside(*nodes_.back())) {
    // The home may be a block of another graph, even one that is gone: it is compared, not looked into.
    const LayerPtr& layer = nodes_.back()->layer_;
    if (layer && layer->home() == nodes_.back()->block_ && first_application(*layer) == nodes_.back().get()) {
      layer->set_home(nullptr);
      if (!layer->named_by_user()) layer->set_name("");
    }
    nodes_.pop_back();
  }
  std::erase_if(names_, [&](const auto& entry) { return block->contains(*entry.first); });
  names_[current_].erase(block->name_);
  std::erase_if(current_->children_, [&](const auto& child) { return child.get() == block; });
}

const Node* Graph::first_application(const Layer& layer) const {
  return std::ranges::find_if(nodes_, [&](const auto& node) { return node->layer_.get() == &layer; })->get();
}

Block& Graph::group(const std::string& name, const std::vector<Node*>& nodes, Origin origin) {
  require_open(origin);
  if (nodes.empty()) refuse("group-empty", origin, name, fmt::format("group '{}' names no node", name));
  Block& parent = nodes.front()->block();
  for (const Node* node : nodes) {
    if (node->graph_ != this)
      refuse("foreign-value", origin, node->path(), fmt::format("{} belongs to another graph", node->path()));
    if (node->block_ == &parent) continue;
    refuse("group-across-blocks", origin, name,
           fmt::format("group '{}' takes {} and {}, which lie in different blocks", name,
                       nodes.front()->path(), node->path()),
           "A node lies in exactly one innermost block: group nodes of one block only.");
  }
  // A name that one of the chosen nodes has becomes free, since that node moves inside.
  const auto is_named = [&](const Node* node) { return node->name_ == name; };
  if (std::ranges::none_of(nodes, is_named)) free_name(parent, name, true, origin);
  for (const Node* node : nodes) names_[&parent].erase(node->name_);
  Block& block = add_block(parent, name, std::move(origin));
  const std::set<const Node*> chosen(nodes.begin(), nodes.end());
  std::map<const Layer*, const Node*> first;
  for (const auto& node : nodes_)
    if (node->layer_) first.try_emplace(node->layer_.get(), node.get());
  for (Node* node : parent.nodes_) {
    if (!chosen.contains(node)) continue;
    node->block_ = &block;
    block.nodes_.push_back(node);
    names_[&block].insert(node->name_);
    if (node->layer_ && first.at(node->layer_.get()) == node) node->layer_->set_home(&block);
  }
  std::erase_if(parent.nodes_, [&](const Node* node) { return chosen.contains(node); });
  return block;
}

}  // namespace orrery
