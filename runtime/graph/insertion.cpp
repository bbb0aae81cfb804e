#include "runtime/graph/insertion.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "runtime/core/error.h"

namespace orrery {
namespace {

using NodeSet = std::set<const Node*>;

// The nodes that the outputs are made of, without those that only make the inputs.
NodeSet nodes_of(const Cut& cut) {
  NodeSet nodes;
  std::vector<Value> left = cut.outputs;
  while (!left.empty()) {
    const Value at = left.back();
    left.pop_back();
    if (!at || std::ranges::find(cut.inputs, at) != cut.inputs.end()) continue;
    check(at.node->kind() != Node::Kind::input, Fault::usage,
          "{} also needs '{}' of the input, which the cut leaves out", cut.outputs.front().node->path(),
          at.node->output_name(at.output));
    if (!nodes.insert(at.node).second) continue;
    left.insert(left.end(), at.node->inputs().begin(), at.node->inputs().end());
    if (at.node->state()) left.push_back(at.node->state()->next);
  }
  return nodes;
}

/// What is made while old layers get their copies needs no values of its own.
class Muted {
 public:
  explicit Muted(DrawLog& draws) : draws_(draws) { draws_.mute(true); }
  ~Muted() { draws_.mute(false); }
  Muted(const Muted&) = delete;
  Muted& operator=(const Muted&) = delete;

 private:
  DrawLog& draws_;
};

class Insertion {
 public:
  Insertion(Graph& into, Runtime& runtime, const Origin& origin)
      : into_(into), runtime_(runtime), origin_(origin), root_(&into.current_block()) {}

  std::vector<Value> insert(const Cut& cut, const std::vector<Value>& inputs) {
    for (std::size_t i = 0; i < cut.inputs.size(); ++i) {
      given_.emplace_back(cut.inputs[i], inputs[i]);
      learn_sizes(cut.inputs[i].shape(), inputs[i].shape());
    }
    const NodeSet nodes = nodes_of(cut);
    const Graph& from = cut.outputs.front().node->graph();
    for (const auto& operation : from.held()) into_.hold(operation);
    for (const auto& node : from.nodes())
      if (nodes.contains(node.get())) place(*node);
    for (const Node* node : nodes)
      if (node->state() && node->state()->next)
        into_.carry(made(node_output(*node)), made(node->state()->next));
    std::vector<Value> outputs;
    for (const Value& output : cut.outputs) outputs.push_back(made(output));
    return outputs;
  }

 private:
  static Value node_output(const Node& node) { return const_cast<Node&>(node).output(); }

  // A symbol of the old graph is what the given value has in its place.
  void learn_sizes(const Shape& old, const Shape& given) {
    for (std::size_t i = 0; i < std::min(old.size(), given.size()); ++i) {
      std::vector<std::string> names;
      old[i].collect_symbols(names);
      if (names.size() == 1 && old[i] == Dim::symbol(names[0])) sizes_.emplace(names[0], given[i]);
    }
  }

  // Shapes among the options may ask for sizes of the old graph's data.
  Attributes in_new_sizes(const Attributes& old) const {
    Attributes attributes = old;
    for (const Attributes::Entry& entry : old.entries()) {
      if (!std::holds_alternative<Shape>(entry.value)) continue;
      Shape shape = std::get<Shape>(entry.value);
      for (Dim& dim : shape) dim = dim.substitute(sizes_);
      attributes.set(entry.name, shape);
    }
    return attributes;
  }

  Value made(const Value& old) const {
    if (!old) return {};
    for (const auto& [value, given] : given_)
      if (value == old) return given;
    return nodes_.at(old.node)->output(old.output);
  }

  // The block that stands for an old one, made when its first node is.
  Block& block(const Block& old) {
    if (!old.parent()) return *root_;
    const auto known = blocks_.find(&old);
    if (known != blocks_.end()) return *known->second;
    into_.reenter_block(block(*old.parent()));
    Block& made = into_.begin_block(old.name(), origin_);
    into_.end_block();
    into_.leave_block();
    made.set_title(old.title());
    made.cue() = old.cue();
    made.set_hidden(old.hidden());
    return *(blocks_[&old] = &made);
  }

  void place(const Node& node) {
    std::vector<Value> inputs;
    for (const Value& input : node.inputs()) inputs.push_back(made(input));
    into_.reenter_block(block(node.block()));
    add_ticks(node);
    nodes_[&node] = apply(node, std::move(inputs)).node;
    nodes_[&node]->cue() = node.cue();
    into_.leave_block();
  }

  // The ticks that stand before a node, in the blocks around it.
  void add_ticks(const Node& node) {
    for (const Block* old = &node.block(); old; old = old->parent())
      for (std::size_t& next = ticks_[old]; next < old->ticks().size() && old->ticks()[next] <= node.id();
           ++next)
        block(*old).add_tick(static_cast<int>(into_.nodes().size()));
  }

  Value apply(const Node& node, std::vector<Value> inputs) {
    if (node.kind() == Node::Kind::constant) return constant(node);
    if (node.kind() == Node::Kind::transform)
      return into_.apply(*node.descriptor(), in_new_sizes(node.attributes()), std::move(inputs), origin_,
                         node.name())[0];
    const LayerPtr& made = layer(node.layer());
    const std::string name = node.layer()->name();
    const Value value =
        into_.apply(made, std::move(inputs), origin_, node.name(), options_at_call_of(node))[0];
    made->set_name(name);
    return value;
  }

  // What was given for this application alone.
  static Attributes options_at_call_of(const Node& node) {
    Attributes given(options_at_call(node.descriptor()->attributes));
    for (const auto& entry : given.entries()) {
      const AttributeValue& here = node.attributes().at(entry.name);
      if (here != node.layer()->attributes().at(entry.name)) given.set(entry.name, here);
    }
    return given;
  }

  Value constant(const Node& node) {
    const ParameterPtr made = parameter(node.constant());
    if (node.state()) return into_.carried(made, node.state()->reset, origin_, node.name());
    // What was made to be trained stays so while it is frozen.
    const bool trainable = std::exchange(made->trainable, node.is_parameter());
    const Value value = into_.constant(made, origin_, node.name());
    made->trainable = trainable;
    return value;
  }

  ParameterPtr parameter(const ParameterPtr& old) {
    if (const auto known = parameters_.find(old.get()); known != parameters_.end()) return known->second;
    auto copy = std::make_shared<Parameter>(*old);
    copy->data = nullptr;
    const ParameterPtr made = runtime_.make_free(copy);
    if (made == copy) runtime_.copy(old, made);
    return parameters_[old.get()] = made;
  }

  const LayerPtr& layer(const LayerPtr& old) {
    const auto known = layers_.find(old.get());
    if (known != layers_.end()) return known->second;
    const LayerPtr made = runtime_.make_layer(old->descriptor(), old->attributes(), origin_);
    for (const Parametrization& parametrization : old->parametrizations())
      runtime_.parametrize(*made, {parametrization.slot, parametrization.kind, parametrization.attributes});
    for (const std::string& slot : old->slots()) take_over(*old, *made, slot);
    return layers_[old.get()] = made;
  }

  // Tensors that were tied stay so.
  void take_over(const Layer& old, Layer& made, const std::string& slot) {
    const ParameterPtr from = old.parameter(slot);
    const auto known = parameters_.find(from.get());
    if (known != parameters_.end()) {
      if (made.parameter(slot) != known->second) made.tie(slot, known->second);
      return;
    }
    const ParameterPtr to = made.parameter(slot);
    // A layer that a trace hands out keeps what it has become.
    if (!made.home()) {
      to->trainable = from->trainable;
      runtime_.copy(from, to);
    }
    parameters_[from.get()] = to;
  }

  Graph& into_;
  Runtime& runtime_;
  const Origin& origin_;
  Block* root_;
  std::vector<std::pair<Value, Value>> given_;  ///< the cut's input, and what stands for it
  std::map<std::string, Dim> sizes_;            ///< symbols of the old graph, and what stands for them
  std::map<const Node*, Node*> nodes_;
  std::map<const Block*, Block*> blocks_;
  std::map<const Block*, std::size_t> ticks_;  ///< of each block: how many stand before what has been placed
  std::map<const Layer*, LayerPtr> layers_;
  std::map<const Parameter*, ParameterPtr> parameters_;
};

}  // namespace

std::vector<Value> insert(const Cut& cut, Graph& into, Runtime& runtime, const std::vector<Value>& inputs,
                          const Origin& origin) {
  invariant(!cut.outputs.empty(), "a cut has outputs");
  invariant(inputs.size() == cut.inputs.size(), "an inserted part has one value for each of its inputs");
  const Muted muted(runtime.draws);
  return Insertion(into, runtime, origin).insert(cut, inputs);
}

}  // namespace orrery
