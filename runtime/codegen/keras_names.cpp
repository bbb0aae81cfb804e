#include "runtime/codegen/keras_names.h"

#include <algorithm>
#include <cctype>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/keras_calls.h"

namespace orrery {
namespace {

// One step of a name: no sign that a backend refuses, and none that parts the steps.
std::string safe(const std::string& name) {
  std::string text;
  for (const char c : name) text += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return text.empty() ? "x" : text;
}

// `relu` of `relu_2`: what Keras calls an operation that nobody named.
std::string unnumbered(const std::string& name) {
  const std::size_t end = name.find_last_not_of("0123456789");
  const bool has_number = end != std::string::npos && end > 0 && end + 1 < name.size() && name[end] == '_';
  return has_number ? name.substr(0, end) : name;
}

std::set<std::string> names_of_inputs(const Graph& graph) {
  std::set<std::string> names;
  if (const Node* input = graph.input_node())
    for (const Field& field : input->input_spec()->fields) names.insert(safe(field.name));
  return names;
}

// Keras names an operation that nobody named after its class, which mostly is called as ours.
std::set<std::string> names_of_operations() {
  std::set<std::string> names{"average_pool", "concatenate", "convert_to_tensor", "expand_dims",
                              "get_item",     "max_pool",    "moveaxis",          "multiply",
                              "negative",     "power",       "subtract",          "swapaxes",
                              "take",         "true_divide", "up_sampling2d"};
  for (std::string& name : keras_operations()) names.insert(std::move(name));
  return names;
}

std::string next_free(const std::string& wanted, std::set<std::string>& taken) {
  std::string name = wanted;
  for (int n = 2; !taken.insert(name).second; ++n) name = fmt::format("{}_{}", wanted, n);
  return name;
}

bool owns_something(const Node& node) {
  return node.kind() == Node::Kind::constant || (node.layer() && !node.layer()->parameters().empty());
}

}  // namespace

KerasNames::KerasNames(const Graph& graph) : graph_(graph) {
  for (const auto& node : graph.nodes())
    if (node->layer()) owners_.try_emplace(node->layer().get(), node.get());
  name_members(graph.root(), {}, {});
}

const Node& KerasNames::owner(const Node& node) const {
  return node.layer() ? *owners_.at(node.layer().get()) : node;
}

// In the root, Keras' own names for inputs and operations are taken.
void KerasNames::name_members(const Block& block, const std::string& name, const std::string& key) {
  const bool is_root = !block.parent();
  std::set<std::string> taken = is_root ? names_of_inputs(graph_) : std::set<std::string>();
  const std::set<std::string> operations = is_root ? names_of_operations() : std::set<std::string>();
  const auto add = [&](const std::string& member, bool is_layer) {
    std::string wanted = safe(member);
    if (is_root && wanted[0] == '_') wanted.insert(0, "x");
    if (is_layer && operations.contains(unnumbered(wanted))) wanted += "_layer";
    return next_free(wanted, taken);
  };
  for (const auto& child : block.children()) {
    of_block_[child.get()] = add(child->name(), false);
    name_members(*child, name + of_block_[child.get()] + ".", key + child->name() + ".");
  }
  for (const Node* node : block.nodes()) {
    if (!owns_something(*node) || &owner(*node) != node) continue;
    of_node_[node] = add(node->name(), true);
    if (name + of_node_[node] != key + node->name())
      add_keys(*node, name + of_node_[node], key + node->name());
  }
}

// Of a recurrent layer, Keras has several.
void KerasNames::add_keys(const Node& node, const std::string& name, const std::string& key) {
  const bool is_stack = node.layer() && node.layer()->descriptor().category == Category::recurrent;
  if (!is_stack) return static_cast<void>(keys_.emplace_back(name, key));
  for (std::int64_t at = 0; at < node.layer()->attributes().integer("num_layers"); ++at)
    keys_.emplace_back(fmt::format("{}.l{}", name, at), fmt::format("{}.l{}", key, at));
}

std::string KerasNames::expression(const Block& block, const Block& outer, const std::string& last) const {
  std::vector<std::string> steps;
  if (!last.empty()) steps.push_back(last);
  for (const Block* at = &block; at != &outer; at = at->parent()) steps.push_back(of_block_.at(at));
  std::ranges::reverse(steps);
  const std::string path = fmt::format("{}", fmt::join(steps, "-"));
  return outer.parent() ? fmt::format("f\"{{name}}-{}\"", path) : fmt::format("\"{}\"", path);
}

std::string KerasNames::of(const Block& block, const Block& outer) const {
  return expression(block, outer, {});
}

std::string KerasNames::of(const Node& node, const Block& outer) const {
  const Node& named = owner(node);
  const auto step = of_node_.find(&named);
  return step == of_node_.end() ? "\"\"" : expression(named.block(), outer, step->second);
}

}  // namespace orrery
