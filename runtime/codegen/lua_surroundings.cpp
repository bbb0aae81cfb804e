#include "runtime/codegen/lua_surroundings.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/codegen/counted_names.h"
#include "runtime/codegen/lua_words.h"

namespace orrery {
namespace {

bool is_end_of_loop(const Node& node, Descriptor::LoopEnd end) {
  return node.descriptor() && node.descriptor()->loop == end;
}

bool lies_in_group(const ModuleTree& tree, const Block& block) {
  for (const Block* around = block.parent(); around; around = around->parent())
    if (!tree.is_call(*around) && !around->all_nodes().empty()) return true;
  return false;
}

}  // namespace

LuaSurroundings::LuaSurroundings(const Graph& graph, const ModuleTree& tree, const Block& module)
    : graph_(graph), tree_(tree), module_(module) {
  find_states();
  find_groups(module);
  if (module.parent()) {
    if (!is_loop(module)) results_ = tree.outputs(module);
    return;
  }
  for (const Use& use : graph.uses())
    if (std::ranges::find(results_, use.value) == results_.end()) results_.push_back(use.value);
}

void LuaSurroundings::find_states() {
  for (const auto& node : graph_.nodes()) {
    if (!node->state() || !node->state()->next) continue;
    const Block* around = &tree_.module_around(node->block());
    while (!around->contains(node->state()->next.node->block()))
      around = &tree_.module_around(*around->parent());
    if (around == &module_) states_.push_back(node.get());
  }
}

void LuaSurroundings::find_groups(const Block& block) {
  for (const auto& child : block.children()) {
    if (tree_.is_call(*child)) continue;
    groups_.push_back(child.get());
    if (!child->all_nodes().empty()) find_groups(*child);
  }
}

std::vector<Value> LuaSurroundings::read_by(const ModuleTree::Unit& unit) const {
  if (unit.block) return tree_.inputs(*unit.block);
  std::vector<Value> values;
  std::ranges::copy_if(unit.node->inputs(), std::back_inserter(values),
                       [](const Value& value) { return static_cast<bool>(value); });
  return values;
}

std::string LuaSurroundings::port_of(const Value& value) const {
  for (const ModuleTree::Unit& unit : tree_.units(module_)) {
    if (!unit.node || !unit.node->layer()) continue;
    const auto& inputs = unit.node->inputs();
    const auto found = std::ranges::find(inputs, value);
    if (found == inputs.end()) continue;
    const Port& port = unit.node->port(static_cast<int>(found - inputs.begin()));
    return port.name == "input" ? "" : port.name;
  }
  return {};
}

std::string LuaSurroundings::word_of(const Value& value) const {
  if (module_.parent()) return {};
  for (const Use& use : graph_.uses()) {
    if (use.value != value || use.kind == Use::Kind::output) continue;
    return use.name.empty() ? "loss" : use.name;
  }
  return {};
}

// Its layers are frozen where they are made.
std::string LuaSurroundings::steering_of(const Block& block) const {
  std::string text;
  if (!block.device().empty()) text += ":to " + lua_text(block.device());
  if (block.recomputes()) text += ":recompute()";
  const auto own = graph_.state(&block);
  const auto is_frozen = [](const Graph::Entry& entry) {
    return !entry.parameter->buffer && !entry.parameter->trainable;
  };
  const bool all = std::ranges::all_of(
      own, [&](const Graph::Entry& entry) { return entry.parameter->buffer || is_frozen(entry); });
  const bool free =
      std::ranges::any_of(own, [&](const Graph::Entry& entry) { return !entry.layer && is_frozen(entry); });
  if (all && free) text += ":freeze()";
  return text;
}

const Node* loop_end_in(const Block& block, Descriptor::LoopEnd end) {
  const auto found =
      std::ranges::find_if(block.nodes(), [&](const Node* node) { return is_end_of_loop(*node, end); });
  return found == block.nodes().end() ? nullptr : *found;
}

bool is_loop(const Block& block) { return loop_end_in(block, Descriptor::LoopEnd::end) != nullptr; }

std::string empty_block_text(const Block& block) {
  std::string inside;
  for (const auto& child : block.children()) inside += " " + empty_block_text(*child) + "()";
  return fmt::format("g:block({}, function(){} end)", lua_text(block.name()), inside);
}

std::string lua_block_name(const Block& block) {
  const std::string base = without_count(block.name());
  if (base == block.name()) return base;
  std::vector<std::string> before;
  for (const auto& sibling : block.parent()->children()) {
    if (sibling.get() == &block) break;
    if (without_count(sibling->name()) == base) before.push_back(sibling->name());
  }
  for (std::size_t n = 1; n <= before.size(); ++n)
    if (before[n - 1] != (n == 1 ? base : fmt::format("{}_{}", base, n))) return block.name();
  const std::string next = fmt::format("{}_{}", base, before.size() + 1);
  return !before.empty() && next == block.name() ? base : block.name();
}

std::optional<std::string> without_lua(const ModuleTree& tree, const Block& block) {
  if (block.parent() && block.all_nodes().empty() && lies_in_group(tree, block))
    return "a block without nodes in one that is left and entered again";
  const auto ends = [&](Descriptor::LoopEnd end) {
    return std::ranges::count_if(block.nodes(), [&](const Node* node) { return is_end_of_loop(*node, end); });
  };
  const auto begun = ends(Descriptor::LoopEnd::begin), ended = ends(Descriptor::LoopEnd::end);
  if (begun == 0 && ended == 0) return std::nullopt;
  if (begun != 1 || ended != 1) return "a loop without a block of its own";
  if (!block.parent() || !tree.is_call(block)) return "a loop whose block is left and entered again";
  const Node* end = loop_end_in(block, Descriptor::LoopEnd::end);
  for (const Value& value : tree.outputs(block))
    if (value.node != end)
      return fmt::format("{} leaves the loop other than as its carry", value.node->path());
  return std::nullopt;
}

}  // namespace orrery
