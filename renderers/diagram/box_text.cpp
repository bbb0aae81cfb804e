#include "renderers/diagram/box_text.h"

#include <algorithm>

#include "renderers/diagram/plain_text.h"
#include "renderers/diagram/value_text.h"

namespace orrery {
namespace {

// `conv2d`, `conv2d_2`: made by counting, not by a person.
bool is_default_name(const Node& node) {
  const std::string kind = node.descriptor()                  ? node.descriptor()->default_node_name()
                           : node.kind() == Node::Kind::input ? "input"
                           : node.state()                     ? "state"
                                                              : "constant";
  const std::string& name = node.name();
  if (!name.starts_with(kind)) return node.kind() == Node::Kind::constant && name.starts_with("parameter");
  const std::string rest = name.substr(kind.size());
  return rest.empty() ||
         (rest[0] == '_' && rest.size() > 1 &&
          std::all_of(rest.begin() + 1, rest.end(), [](char c) { return c >= '0' && c <= '9'; }));
}

// Names that scripts give to whatever comes along.
bool says_nothing(const std::string& label) {
  static const std::set<std::string> names = {"", "_", "x", "y", "h", "out", "output", "self"};
  return names.contains(label);
}

// The number that an option gives in place of an operand.
std::string number_at(const Node& node, size_t port) {
  if (port < node.inputs().size() && node.inputs()[port]) return {};
  for (const Attributes::Entry& option : node.attributes().entries())
    if (option.name == node.descriptor()->inputs[port].name) return str(option.value);
  return {};
}

// `x * 2` has its number on the box, since no line brings it; `2 ^ x` has it in front.
std::string symbol_with_number(const Node& node) {
  const std::string& symbol = node.descriptor()->symbol;
  if (symbol.empty() || node.descriptor()->inputs.size() < 2) return {};
  const std::string first = number_at(node, 0), second = number_at(node, 1);
  if (!first.empty()) return first + " " + symbol;
  if (second.empty()) return {};
  return node.operation() == "rsub" ? second + " " + symbol : symbol + " " + second;
}

// The ends of a loop: how many steps it has, and where the next one follows.
std::string loop_text(const Node& node) {
  if (node.descriptor()->loop == Descriptor::LoopEnd::begin && node.outputs().empty()) return "steps";
  if (node.descriptor()->loop == Descriptor::LoopEnd::begin)
    return shape_text({node.outputs()[0].shape[0]}) + " steps";
  return node.attributes().boolean("reverse") ? "step before" : "next step";
}

}  // namespace

BoxTexts::BoxTexts(const Graph& graph) {
  for (const auto& node : graph.nodes()) {
    ++labels_[{&node->block(), node->origin().label}];
    if (node->layer()) first_use_.emplace(node->layer().get(), node.get());
  }
}

std::string BoxTexts::note(const Node& node) const {
  if (node.layer() && !node.layer()->parameters().empty())
    if (const Node* first = first_use_.at(node.layer().get()); first != &node)
      return "shares " + first->path();
  if (!is_default_name(node)) return node.name();
  const std::string& label = node.origin().label;
  return says_nothing(label) || labels_.at({&node.block(), label}) > 1 ? std::string() : label;
}

DiagramBox BoxTexts::box(const Node& node) const {
  DiagramBox box{.path = node.path(), .nodes = {node.id()}};
  box.title = plain_text(node.operation());
  box.note = plain_text(note(node), 32);
  if (node.kind() == Node::Kind::constant) {
    box.kind = node.constant()->trainable ? DiagramBox::Kind::parameter : DiagramBox::Kind::constant;
    if (node.state() && node.state()->next)
      box.detail = plain_text("then " + node.state()->next.node->path(), 32);
  } else {
    box.detail = plain_text(option_text(node));
    box.category = node.descriptor()->category;
    box.symbol = node.descriptor()->symbol;
    if (node.descriptor()->loop != Descriptor::LoopEnd::none) {
      box.title = plain_text(loop_text(node));
      box.detail.clear();
    }
    if (const std::string text = symbol_with_number(node); !text.empty()) {
      box.title = plain_text(text);
      box.symbol.clear();
      box.detail.clear();
    }
  }
  return box;
}

DiagramBox BoxTexts::field(const Node& node, int output) {
  const Field& field = node.input_spec()->fields.at(static_cast<size_t>(output));
  DiagramBox box{.path = node.path(), .nodes = {node.id()}};
  box.kind = field.label ? DiagramBox::Kind::label : DiagramBox::Kind::input;
  box.title = plain_text(field.name);
  if (field.label && field.name != "label") box.note = "label";
  return box;
}

std::string BoxTexts::cost(const std::vector<Node*>& nodes) {
  std::set<const Parameter*> counted;
  double count = 0;
  const auto add = [&](const ParameterPtr& parameter) {
    if (!parameter->buffer && counted.insert(parameter.get()).second)
      count += static_cast<double>(numel(parameter->shape).value());
  };
  for (const Node* node : nodes) {
    if (node->is_parameter()) add(node->constant());
    if (!node->layer()) continue;
    for (const ParameterPtr& parameter : node->layer()->parameters()) add(parameter);
  }
  return count > 0 ? count_text(count) + (count == 1 ? " parameter" : " parameters") : std::string();
}

}  // namespace orrery
