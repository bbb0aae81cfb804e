#include "runtime/graph/structural_hash.h"

#include <algorithm>
#include <map>
#include <ranges>
#include <set>

#include <fmt/format.h>
#include <xxhash.h>

namespace orrery {
namespace {

struct Digest {
  std::uint64_t high = 0, low = 0;
  auto operator<=>(const Digest&) const = default;
};

Digest digest(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

// Collects what a colour depends on; every item is delimited, so that no two lists read the same.
class Recipe {
 public:
  Recipe& add(std::string_view text) {
    text_ += fmt::format("{}:{};", text.size(), text);
    return *this;
  }
  Recipe& add(const Digest& d) { return add(fmt::format("{:016x}{:016x}", d.high, d.low)); }
  Recipe& add(std::int64_t number) { return add(std::to_string(number)); }
  // A multiset: the order of its members does not matter.
  Recipe& add(std::vector<Digest> members) {
    std::sort(members.begin(), members.end());
    add(static_cast<std::int64_t>(members.size()));
    for (const Digest& member : members) add(member);
    return *this;
  }
  Digest done() const { return digest(text_); }

 private:
  std::string text_;
};

using Colours = std::vector<Digest>;  // one a node, by id

class Refinement {
 public:
  explicit Refinement(const Graph& graph) : graph_(graph) {
    for (const auto& node : graph.nodes()) symbols_of(*node);
    for (const Use& use : graph.uses())
      if (use.kind == Use::Kind::output) outputs_.emplace(use.value.node, use.value.output);
    for (const auto& node : graph.nodes()) colours_.push_back(initial(*node));
  }

  std::string hash() {
    // One round carries a difference over one edge; few rounds suffice, since `up` and `down` carry it
    // along whole paths at once.
    for (size_t classes = 0; classes != distinct();) {
      classes = distinct();
      refine();
    }
    Recipe all;
    all.add(colours_);
    const Digest result = all.done();
    return fmt::format("{:016x}{:016x}", result.high, result.low);
  }

 private:
  size_t distinct() const { return std::set<Digest>(colours_.begin(), colours_.end()).size(); }

  // Symbols count by the order of their first appearance: their names do not matter.
  void symbols_of(const Node& node) {
    std::vector<std::string> names;
    for (const TensorType& type : node.outputs())
      for (const Dim& dim : type.shape) dim.collect_symbols(names);
    if (!node.input_spec()) return;
    for (const std::string& name : names)
      symbols_.emplace(name, Dim::symbol(fmt::format("s{}", symbols_.size())));
  }

  std::string text(const Shape& shape) const {
    Shape renamed;
    for (const Dim& dim : shape) renamed.push_back(dim.substitute(symbols_));
    return str(renamed);
  }

  Digest initial(const Node& node) const {
    Recipe recipe;
    recipe.add(node.operation());
    if (node.descriptor()) add_options(recipe, node);
    if (node.layer()) add_parametrizations(recipe, *node.layer());
    if (const InputSpec* spec = node.input_spec()) add_fields(recipe, *spec);
    if (node.constant()) recipe.add(str(node.constant()->shape));
    if (node.state()) recipe.add(name(node.state()->reset));
    for (const TensorType& type : node.outputs()) recipe.add(name(type.dtype));
    const auto [first, last] = outputs_.equal_range(&node);
    for (auto output = first; output != last; ++output) recipe.add("output").add(output->second);
    return recipe.done();
  }

  void add_options(Recipe& recipe, const Node& node) const {
    for (const Attribute& attribute : node.descriptor()->attributes) {
      const AttributeValue& value = node.attributes().at(attribute.name);
      if (attribute.hint || value == attribute.value) continue;
      recipe.add(attribute.name);
      recipe.add(std::holds_alternative<Shape>(value) ? text(std::get<Shape>(value)) : str(value));
    }
  }

  void add_parametrizations(Recipe& recipe, const Layer& layer) const {
    for (const Parametrization& made : layer.parametrizations()) {
      recipe.add(made.slot).add(made.kind->name);
      for (const auto& [name, value] : made.attributes.entries()) recipe.add(name).add(str(value));
    }
  }

  void add_fields(Recipe& recipe, const InputSpec& spec) const {
    for (const Field& field : spec.fields) {
      const Shape& shape = field.type.shape;
      recipe.add(text(Shape(shape.begin() + (shape.empty() ? 0 : 1), shape.end())))
          .add(name(field.type.dtype));
      recipe.add(field.label);
    }
  }

  void refine() {
    const Colours up = upward();
    const Colours down = downward(up);
    const auto layers = layer_colours(down);
    std::map<const Block*, Digest> blocks;
    block_colour(graph_.root(), down, blocks);
    for (const auto& node : graph_.nodes()) {
      Recipe recipe;
      recipe.add(up[node->id()]).add(down[node->id()]);
      if (node->layer()) recipe.add(layers.at(node->layer().get()));
      // Against the direction of all other edges: the next round carries it on.
      if (const StateSpec* state = node->state(); state && state->next)
        recipe.add(up[state->next.node->id()]).add(state->next.output);
      for (const Block* block = &node->block(); block; block = block->parent()) recipe.add(blocks.at(block));
      colours_[node->id()] = recipe.done();
    }
  }

  Colours upward() const {
    Colours up(colours_.size());
    for (const auto& node : graph_.nodes()) {
      Recipe recipe;
      recipe.add(colours_[node->id()]);
      for (const Value& value : node->inputs()) {
        if (value)
          recipe.add(up[value.node->id()]).add(value.output);
        else
          recipe.add("unlinked");
      }
      up[node->id()] = recipe.done();
    }
    return up;
  }

  Colours downward(const Colours& up) const {
    std::vector<std::vector<Digest>> readers(up.size());
    Colours down(up.size());
    for (const auto& node : std::views::reverse(graph_.nodes())) {
      const int id = node->id();
      down[id] = Recipe().add(up[id]).add(readers[id]).done();
      const auto& inputs = node->inputs();
      for (size_t port = 0; port < inputs.size(); ++port) {
        if (!inputs[port]) continue;
        Recipe edge;
        edge.add(down[id]).add(static_cast<std::int64_t>(port)).add(inputs[port].output);
        readers[inputs[port].node->id()].push_back(edge.done());
      }
    }
    return down;
  }

  // A layer is the nodes that share it; a parameter the layers that share it.
  std::map<const Layer*, Digest> layer_colours(const Colours& nodes) const {
    std::map<const Layer*, std::vector<Digest>> users;
    std::map<const Parameter*, std::vector<Digest>> owners;
    for (const auto& node : graph_.nodes())
      if (node->layer()) users[node->layer().get()].push_back(nodes[node->id()]);
    for (const auto& [layer, digests] : users)
      for (size_t i = 0; i < layer->slots().size(); ++i)
        owners[layer->parameters()[i].get()].push_back(Recipe().add(layer->slots()[i]).add(digests).done());
    std::map<const Layer*, Digest> colours;
    for (const auto& [layer, digests] : users) {
      Recipe recipe;
      recipe.add(digests);
      for (const ParameterPtr& parameter : layer->parameters()) recipe.add(owners[parameter.get()]);
      colours[layer] = recipe.done();
    }
    return colours;
  }

  Digest block_colour(const Block& block, const Colours& nodes,
                      std::map<const Block*, Digest>& colours) const {
    std::vector<Digest> members, children;
    for (const Node* node : block.nodes()) members.push_back(nodes[node->id()]);
    for (const auto& child : block.children()) children.push_back(block_colour(*child, nodes, colours));
    return colours[&block] = Recipe().add("block").add(members).add(children).done();
  }

  const Graph& graph_;
  std::map<std::string, Dim> symbols_;
  std::multimap<const Node*, int> outputs_;  ///< in the order in which they were marked
  Colours colours_;
};

}  // namespace

std::string structural_hash(const Graph& graph) { return Refinement(graph).hash(); }

}  // namespace orrery
