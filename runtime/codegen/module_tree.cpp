#include "runtime/codegen/module_tree.h"

#include <algorithm>
#include <ranges>

#include "runtime/codegen/sizes.h"

namespace orrery {
namespace {

using Nodes = std::vector<const Node*>;

void add_once(std::vector<Value>& values, const Value& value) {
  if (value && std::ranges::find(values, value) == values.end()) values.push_back(value);
}

bool lies_in(const Nodes& nodes, const Node* node) {
  return std::ranges::binary_search(nodes, node->id(), {}, &Node::id);
}

std::size_t place_in(const Nodes& nodes, const Node* node) {
  return static_cast<std::size_t>(std::ranges::lower_bound(nodes, node->id(), {}, &Node::id) - nodes.begin());
}

bool is_label(const Value& value) {
  const InputSpec* spec = value.node->input_spec();
  return spec && spec->fields[static_cast<std::size_t>(value.output)].label;
}

bool is_same_operation(const Node& a, const Node& b) {
  return a.kind() == b.kind() && a.descriptor() == b.descriptor() && a.attributes() == b.attributes() &&
         a.layer() == b.layer() && a.constant() == b.constant() && a.inputs().size() == b.inputs().size();
}

// The same operations with the same layers, linked in the same way; what comes from outside may differ, as
// long as one value stands for one.
bool is_same_call(const Nodes& first, const Nodes& again) {
  if (first.size() != again.size()) return false;
  std::map<std::pair<int, int>, std::pair<int, int>> outside, back;
  const auto key = [](const Value& value) { return std::pair(value.node->id(), value.output); };
  for (std::size_t at = 0; at < first.size(); ++at) {
    if (!is_same_operation(*first[at], *again[at])) return false;
    for (std::size_t i = 0; i < first[at]->inputs().size(); ++i) {
      const Value a = first[at]->inputs()[i], b = again[at]->inputs()[i];
      if (static_cast<bool>(a) != static_cast<bool>(b)) return false;
      if (!a) continue;
      const bool inside = lies_in(first, a.node);
      if (inside != lies_in(again, b.node)) return false;
      if (inside && (a.output != b.output || place_in(first, a.node) != place_in(again, b.node)))
        return false;
      if (!inside && (outside.try_emplace(key(a), key(b)).first->second != key(b) ||
                      back.try_emplace(key(b), key(a)).first->second != key(a)))
        return false;
    }
  }
  return true;
}

// LuaJIT takes no function with more than 60 values of those around it, nor one more than 200 deep in others.
constexpr std::size_t kMostPorts = 50;
constexpr int kDeepest = 40;

int depth_of(const Block& block) {
  int depth = 0;
  for (const Block* at = &block; at->parent(); at = at->parent()) ++depth;
  return depth;
}

std::vector<Value> fields_of(const Graph& graph) {
  std::vector<Value> fields;
  if (Node* input = graph.input_node())
    for (int i = 0; i < static_cast<int>(input->outputs().size()); ++i) fields.push_back({input, i});
  return fields;
}

bool holds_loop(const Block& block) {
  return std::ranges::any_of(block.nodes(), [](const Node* node) {
    return node->descriptor() && node->descriptor()->loop != Descriptor::LoopEnd::none;
  });
}

// In which block inside of this one each node lies.
std::vector<std::string> places_in(const Nodes& nodes, const Block& block) {
  std::vector<std::string> places;
  const std::size_t length = block.path().size();
  for (const Node* node : nodes) places.push_back(node->block().path().substr(length));
  return places;
}

// Of states and what they become, what lies here while the other lies elsewhere.
std::vector<Value> carried_across(const Graph& graph, const Nodes& nodes) {
  std::vector<Value> values;
  for (const auto& node : graph.nodes()) {
    if (!node->state() || !node->state()->next) continue;
    const Value next = node->state()->next;
    const bool inside = lies_in(nodes, node.get());
    if (inside != lies_in(nodes, next.node)) values.push_back(inside ? node->output() : next);
  }
  return values;
}

}  // namespace

int ModuleTree::Unit::id() const { return node ? node->id() : block->all_nodes().front()->id(); }

ModuleTree::ModuleTree(const Graph& graph, std::function<bool(const Node&)> part, Kind kind)
    : graph_(graph), readers_(graph.nodes().size()), part_(std::move(part)), kind_(kind) {
  find_readers();
  find_calls(graph.root());
  first_[&graph.root()] = &graph.root();
  calls_[&graph.root()] = {&graph.root()};
  modules_.push_back(&graph.root());
  find_units();
}

void ModuleTree::find_readers() {
  for (const auto& node : graph_.nodes())
    for (const Value& input : node->inputs()) {
      if (!input) continue;
      Nodes& readers = readers_[static_cast<std::size_t>(input.node->id())];
      if (readers.empty() || readers.back() != node.get()) readers.push_back(node.get());
    }
}

Nodes ModuleTree::nodes_of(const Block& block) const {
  Nodes nodes;
  for (const Node* node : block.all_nodes())
    if (part_(*node)) nodes.push_back(node);
  return nodes;
}

bool ModuleTree::owns_what_it_uses(const Nodes& nodes, const Block& block) const {
  return std::ranges::all_of(nodes, [&](const Node* node) {
    return node->kind() != Node::Kind::input && (!node->layer() || block.contains(*node->layer()->home()));
  });
}

// From no node does a way lead out of the block and back.
bool ModuleTree::is_left_once(const Nodes& nodes) const {
  std::set<const Node*> behind;
  const auto& all = graph_.nodes();
  for (int id = nodes.front()->id(); id <= nodes.back()->id(); ++id) {
    const Node* node = all[static_cast<std::size_t>(id)].get();
    const bool inside = lies_in(nodes, node);
    for (const Value& input : node->inputs()) {
      if (!input) continue;
      if (inside && behind.contains(input.node)) return false;
      if (!inside && (lies_in(nodes, input.node) || behind.contains(input.node))) behind.insert(node);
    }
  }
  return true;
}

bool ModuleTree::knows_its_sizes(const Nodes& nodes, const Block& block) const {
  std::vector<Value> known = inputs(block);
  DivideSizes divide;
  if (kind_ == Kind::closing) {
    const std::vector<Value> fields = fields_of(graph_);
    known.insert(known.end(), fields.begin(), fields.end());
    divide = [](const std::string&, const std::string&) { return std::string(); };
  }
  for (const Node* node : nodes) {
    for (const Dim& size : sizes_told(*node))
      if (!size_text(
              size, known, [](const Value&, int) { return std::string(); }, divide))
        return false;
    for (int i = 0; i < static_cast<int>(node->outputs().size()); ++i)
      known.push_back({const_cast<Node*>(node), i});
  }
  return true;
}

bool ModuleTree::can_be_module(const Nodes& nodes, const Block& block) const {
  if (kind_ == Kind::owning) return owns_what_it_uses(nodes, block);
  const auto is_input = [](const Node* node) { return node->kind() == Node::Kind::input; };
  return std::ranges::none_of(nodes, is_input) && depth_of(block) <= kDeepest &&
         (inputs(block).size() <= kMostPorts || holds_loop(block));
}

bool ModuleTree::can_be_another_call(const Nodes& nodes, const Block& block, const Block& first) const {
  if (kind_ == Kind::owning) return true;
  return block.parent() == first.parent() && !holds_loop(block) &&
         places_in(nodes, block) == places_in(nodes_of(first), first);
}

// The block of which this one is another call; null: none.
const Block* ModuleTree::called_by(const Nodes& nodes, const Block& block) const {
  const auto owner = std::ranges::find_if(nodes, [](const Node* node) { return node->layer() != nullptr; });
  if (owner == nodes.end()) return nullptr;
  for (const Block* home = (*owner)->layer()->home(); home; home = home->parent()) {
    const auto first = first_.find(home);
    if (first == first_.end() || first->second != home || home->contains(block)) continue;
    if (is_same_call(nodes_of(*home), nodes) && can_be_another_call(nodes, block, *home)) return home;
  }
  return nullptr;
}

void ModuleTree::find_calls(const Block& block) {
  for (const auto& child : block.children()) {
    const Nodes nodes = nodes_of(*child);
    if (nodes.empty() || nodes.size() != child->all_nodes().size() || !is_left_once(nodes) ||
        !knows_its_sizes(nodes, *child)) {
      if (kind_ == Kind::owning) find_calls(*child);
      continue;
    }
    if (const Block* first = called_by(nodes, *child)) {
      first_[child.get()] = first;
      calls_[first].push_back(child.get());
      continue;
    }
    const bool is_module = can_be_module(nodes, *child);
    if (is_module || kind_ == Kind::owning) find_calls(*child);
    if (!is_module) continue;
    first_[child.get()] = child.get();
    calls_[child.get()] = {child.get()};
    modules_.push_back(child.get());
  }
}

const Block& ModuleTree::module_around(const Block& block) const {
  const Block* around = &block;
  while (!is_call(*around)) around = around->parent();
  return *around;
}

void ModuleTree::collect_units(const Block& block, std::vector<Unit>& units) const {
  for (const Node* node : block.nodes())
    if (part_(*node)) units.push_back({.node = node});
  for (const auto& child : block.children()) {
    if (is_call(*child))
      units.push_back({.block = child.get()});
    else
      collect_units(*child, units);
  }
}

// Each as soon as it can be done, the first of the graph first. Two modules that read each other stay behind,
// at the end of the order; `done` counts the others.
std::vector<ModuleTree::Unit> ModuleTree::ordered(std::vector<Unit> units, std::size_t& done) const {
  std::ranges::sort(units, {}, &Unit::id);
  std::set<std::pair<int, int>> awaited;
  const auto key = [](const Value& value) { return std::pair(value.node->id(), value.output); };
  for (const Unit& unit : units)
    for (const Value& value : given_by(unit)) awaited.insert(key(value));
  const auto can_be_done = [&](const Unit& unit) {
    return std::ranges::none_of(read_by(unit),
                                [&](const Value& value) { return awaited.contains(key(value)); });
  };
  for (done = 0; done < units.size(); ++done) {
    const auto begin = units.begin() + static_cast<std::ptrdiff_t>(done);
    const auto next = std::find_if(begin, units.end(), can_be_done);
    if (next == units.end()) break;
    for (const Value& value : given_by(*next)) awaited.erase(key(value));
    std::rotate(begin, next, next + 1);
  }
  return units;
}

// The block's nodes belong to the module around it from now on.
void ModuleTree::dissolve(const Block& block) {
  for (const Block* call : calls_[&block]) first_.erase(call);
  calls_.erase(&block);
  std::erase(modules_, &block);
  if (kind_ == Kind::closing) forget(block);
}

// What lies in the block is no module either.
void ModuleTree::forget(const Block& block) {
  for (const auto& child : block.children()) {
    if (is_call(*child) && &first_call(*child) == child.get()) dissolve(*child);
    forget(*child);
  }
}

void ModuleTree::find_units() {
  units_.clear();
  for (const Block* module : modules_) {
    std::vector<Unit> units;
    collect_units(*module, units);
    std::size_t done = 0;
    units = ordered(std::move(units), done);
    const auto stuck = std::find_if(units.begin() + static_cast<std::ptrdiff_t>(done), units.end(),
                                    [](const Unit& unit) { return unit.block != nullptr; });
    if (stuck != units.end()) {
      dissolve(first_call(*stuck->block));
      return find_units();
    }
    units_[module] = std::move(units);
  }
}

std::vector<Value> ModuleTree::inputs(const Block& call) const {
  std::vector<Value> values;
  const Nodes nodes = nodes_of(call);
  for (const Node* node : nodes)
    for (const Value& input : node->inputs())
      if (input && !lies_in(nodes, input.node)) add_once(values, input);
  return values;
}

std::vector<Value> ModuleTree::outputs(const Block& call) const {
  std::set<std::pair<std::size_t, int>> places;
  const auto calls = calls_.find(&first_call(call));
  for (const Block* each : calls->second) {
    const Nodes nodes = nodes_of(*each);
    const auto add = [&](const Value& value) {
      if (value && lies_in(nodes, value.node) && (kind_ == Kind::closing || !is_label(value)))
        places.emplace(place_in(nodes, value.node), value.output);
    };
    for (const Node* node : nodes)
      for (const Node* reader : readers_[static_cast<std::size_t>(node->id())]) {
        if (lies_in(nodes, reader)) continue;
        for (const Value& input : reader->inputs())
          if (input.node == node) add(input);
      }
    if (kind_ == Kind::closing)
      for (const Value& value : carried_across(graph_, nodes)) add(value);
    for (const Use& use : graph_.uses()) add(use.value);
  }
  const Nodes own = nodes_of(call);
  std::vector<Value> values;
  if (&call == &graph_.root() && places.empty()) return results();
  for (const auto& [at, output] : places) values.push_back({const_cast<Node*>(own[at]), output});
  if (&call == &graph_.root()) put_results_first(values);
  return values;
}

// In the order in which the script says what its results are; what else is read of it stands behind.
void ModuleTree::put_results_first(std::vector<Value>& values) const {
  auto behind = values.begin();
  for (const Use& use : graph_.uses()) {
    if (use.kind != Use::Kind::output) continue;
    const auto at = std::find(behind, values.end(), use.value);
    if (at != values.end()) std::rotate(behind++, at, at + 1);
  }
}

// What nobody reads, of a whole graph that does not say what its results are.
std::vector<Value> ModuleTree::results() const {
  std::vector<Value> values;
  for (const Node* node : nodes_of(graph_.root())) {
    const Value last{const_cast<Node*>(node), 0};
    const bool computes = node->kind() == Node::Kind::layer || node->kind() == Node::Kind::transform;
    if (computes && graph_.readers(last).empty()) values.push_back(last);
  }
  return values;
}

std::vector<Value> ModuleTree::read_by(const Unit& unit) const {
  if (unit.block) return inputs(*unit.block);
  std::vector<Value> values;
  for (const Value& input : unit.node->inputs()) add_once(values, input);
  return values;
}

std::vector<Value> ModuleTree::given_by(const Unit& unit) const {
  if (unit.block) return outputs(*unit.block);
  std::vector<Value> values;
  for (int i = 0; i < static_cast<int>(unit.node->outputs().size()); ++i)
    values.push_back({const_cast<Node*>(unit.node), i});
  return values;
}

std::map<const Block*, int> ModuleTree::heights() const {
  std::map<const Block*, int> heights;
  for (const Block* module : modules_) {
    int height = 0;
    for (const Unit& unit : units(*module))
      if (unit.block && &first_call(*unit.block) == unit.block)
        height = std::max(height, heights.at(unit.block) + 1);
    heights[module] = height;
  }
  return heights;
}

}  // namespace orrery
