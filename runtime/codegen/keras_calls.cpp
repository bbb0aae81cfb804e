#include "runtime/codegen/keras_calls.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/keras_form.h"
#include "runtime/codegen/shared_layers.h"
#include "runtime/core/error.h"
#include "runtime/graph/graph.h"

namespace orrery {
namespace {

const KerasForm* keras_form_of(const std::string& name) {
  for (const KerasForms* forms :
       {&keras_elementwise(), &keras_shapes(), &keras_reductions(), &keras_images()}) {
    const auto found = forms->find(name);
    if (found != forms->end()) return &found->second;
  }
  return nullptr;
}

const KerasLayerForm* layer_form_of(const Node& node) {
  if (!node.layer()) return nullptr;
  const auto found = keras_layers().find(node.descriptor()->name);
  return found == keras_layers().end() ? nullptr : &found->second;
}

// Is it there before any data are: a range, zeros?
bool is_made(const Node& node) { return node.kind() == Node::Kind::transform && node.inputs().empty(); }

// A tensor that stands by itself is a layer that gives it, whatever it reads.
CodeCall constant(const KerasNode& it) {
  const auto& known = it.scope().known;
  const auto read = std::ranges::find_if(known, [](const Value& value) { return !is_made(*value.node); });
  if (read == known.end()) KerasNode::refuse("a tensor before anything is read");
  const Parameter& tensor = *it.node().constant();
  CodeCall call{it.helper("Parameter")};
  call.head += "(";
  call.arguments = {keras_value(python_value(tensor.shape))};
  if (tensor.dtype != DType::float32)
    call.arguments.push_back(keras_fixed("dtype", python_text(name(tensor.dtype))));
  if (!it.node().is_parameter()) call.arguments.push_back(keras_fixed("trainable", "False"));
  call.arguments.push_back(keras_fixed("name", it.scope().layer_name));
  call.tail = fmt::format(")({})", it.scope().name(*read));
  return call;
}

// Its kernel is the embedding's table.
CodeCall tied(const KerasNode& it) {
  return {fmt::format("{}({})({})", it.helper("TiedLinear"), it.scope().tied, it.in())};
}

CodeCall applied_layer(const KerasNode& it, const KerasLayerForm& form) {
  if (!it.scope().tied.empty()) return tied(it);
  if (form.apply) return form.apply(it);
  if (!it.scope().made.empty()) return {fmt::format("{}({})", it.scope().made, it.in())};
  CodeCall call = form.make(it);
  call.tail += fmt::format("({})", it.in());
  return call;
}

CodeCall written(const KerasNode& it) {
  if (it.node().kind() == Node::Kind::constant) return constant(it);
  if (const KerasLayerForm* form = layer_form_of(it.node())) return applied_layer(it, *form);
  if (const KerasForm* form = keras_form_of(operation_to_write(it.node()))) return (*form)(it);
  KerasNode::refuse("Keras has nothing that does it");
}

std::optional<std::string> weights_without_keras(const Node& node, const TensorOwners& owners) {
  if (!node.layer()->parametrizations().empty()) return "a computed weight";
  const bool is_linear = node.descriptor()->name == "Linear";
  for (const ParameterPtr& tensor : node.layer()->parameters()) {
    if (is_floating(tensor->dtype) && tensor->dtype != DType::float32)
      return fmt::format("weights in {}", name(tensor->dtype));
    const std::vector<const Layer*> others = owners.beside(*node.layer(), tensor);
    if (others.empty()) continue;
    const bool is_known =
        is_linear ? owners.tied_embedding(node) != nullptr : may_share_table(*node.layer(), *others.front());
    if (!is_known) return "a weight that it shares with another layer, " + others.front()->name();
  }
  return std::nullopt;
}

bool has_complex_numbers(const Node& node) {
  return std::ranges::any_of(node.outputs(), [](const TensorType& type) { return is_complex(type.dtype); });
}

}  // namespace

std::string python_call(const CodeCall& call) {
  std::vector<std::string> words;
  for (const CodeArgument& argument : call.arguments)
    if (!argument.is_usual)
      words.push_back(argument.by_place ? argument.text : argument.name + "=" + argument.text);
  return fmt::format("{}{}{}", call.head, fmt::join(words, ", "), call.tail);
}

std::optional<std::string> without_keras(const Node& node, const TensorOwners& owners,
                                         std::span<const Value> before) {
  if (node.state()) return "a state that is carried from step to step";
  if (has_complex_numbers(node)) return "complex numbers";
  if (node.kind() == Node::Kind::input) return std::nullopt;
  if (node.descriptor() && node.descriptor()->loop != Descriptor::LoopEnd::none)
    return "a loop (orrery.scan)";
  if (node.descriptor() && node.descriptor()->category == Category::own) return "a function of the script";
  if (node.layer())
    if (auto reason = weights_without_keras(node, owners)) return reason;
  // Written once for nobody: the forms themselves know best what they cannot say.
  const CallScope scope{[](const Value&) { return std::string("x"); }, before, "\"\"", {},
                        owners.tied_embedding(node) ? "x" : "",        nullptr};
  try {
    written(KerasNode(node, scope));
  } catch (const NotInKeras& fault) {
    return fault.reason;
  }
  return std::nullopt;
}

CodeCall keras_call(const Node& node, const CallScope& scope) {
  try {
    return written(KerasNode(node, scope));
  } catch (const NotInKeras& fault) {
    throw Error(Fault::check,
                fmt::format("{} cannot be said in Keras within its block: {}", node.path(), fault.reason));
  }
}

CodeCall keras_layer(const Node& node, const CallScope& scope) {
  return layer_form_of(node)->make(KerasNode(node, scope));
}

CodeCall keras_input(const Value& field, const std::string& name) {
  const Shape& shape = field.shape();
  const bool has_batch = !shape.empty() && !shape[0].known();
  std::vector<std::string> sizes;
  for (std::size_t at = has_batch ? 1 : 0; at < shape.size(); ++at)
    sizes.push_back(shape[at].known() ? std::to_string(shape[at].value()) : "None");
  const std::string all = fmt::format("({}{})", fmt::join(sizes, ", "), sizes.size() == 1 ? "," : "");
  CodeCall call{"keras.Input("};
  call.arguments.push_back(has_batch ? keras_value(all) : keras_fixed("batch_shape", all));
  if (field.dtype() != DType::float32)
    call.arguments.push_back(keras_fixed("dtype", python_text(orrery::name(field.dtype()))));
  call.arguments.push_back(keras_fixed("name", python_text(name)));
  call.tail = ")";
  return call;
}

std::string keras_targets(const Node& node, const std::vector<std::string>& names) {
  if (node.kind() == Node::Kind::constant) return names[0];
  const std::string& operation = node.descriptor()->name;
  if (operation == "MultiheadAttention") return names[0];
  if (operation == "max" || operation == "min")  // either of the two, or both
    return names[0] == "_" && names.size() > 1   ? names[1]
           : names.size() < 2 || names[1] == "_" ? names[0]
                                                 : fmt::format("{}, {}", names[0], names[1]);
  const bool one_of_list = names.size() == 1 && gives_list(node);
  return one_of_list ? fmt::format("({},)", names[0]) : fmt::format("{}", fmt::join(names, ", "));
}

std::vector<std::string> keras_operations() {
  std::vector<std::string> names;
  for (const auto& [layer, form] : keras_layers()) names.push_back(layer);
  for (const KerasForms* forms :
       {&keras_elementwise(), &keras_shapes(), &keras_reductions(), &keras_images()})
    for (const auto& [transform, form] : *forms) names.push_back(transform);
  return names;
}

std::string KerasNode::in(std::size_t port) const {
  if (linked(port)) return scope_.name(node_.inputs()[port]);
  const auto& ports = node_.descriptor()->inputs;
  if (port >= ports.size() || !ports[port].takes_number()) return {};
  const AttributeValue& number = options().at(ports[port].name);
  return std::holds_alternative<std::monostate>(number) ? std::string() : python_value(number);
}

bool KerasNode::is_given(const std::string& option) const {
  const auto& all = node_.descriptor()->attributes;
  const auto declared = std::ranges::find(all, option, &Attribute::name);
  const AttributeValue& value = options().at(option);
  return !std::holds_alternative<std::monostate>(value) && value != declared->value;
}

bool KerasNode::is_read(int output) const {
  const Value value{const_cast<Node*>(&node_), output};
  const Graph& graph = node_.graph();
  return !graph.readers(value).empty() ||
         std::ranges::any_of(graph.uses(), [&](const Use& use) { return use.value == value; });
}

void KerasNode::takes_only(const std::vector<std::string>& known) const {
  for (const Attribute& attribute : node_.descriptor()->attributes) {
    const auto& ports = node_.descriptor()->inputs;
    const bool is_port = std::ranges::find(ports, attribute.name, &Port::name) != ports.end();
    if (is_port || attribute.hint || attribute.name == "inplace" || !is_given(attribute.name)) continue;
    if (std::ranges::find(known, attribute.name) != known.end()) continue;
    refuse(fmt::format("{} = {}", attribute.name, str(options().at(attribute.name))));
  }
}

std::string KerasNode::helper(const std::string& name) const {
  if (scope_.helpers) scope_.helpers->insert(name);
  return name;
}

CodeArgument keras_value(std::string text) {
  CodeArgument argument;
  argument.text = std::move(text);
  argument.by_place = true;
  return argument;
}

CodeArgument keras_fixed(std::string name, std::string text) {
  CodeArgument argument;
  argument.name = std::move(name);
  argument.text = std::move(text);
  return argument;
}

CodeArgument keras_placed(std::string name, std::string text) {
  CodeArgument argument = keras_fixed(std::move(name), std::move(text));
  argument.by_place = argument.is_option = true;
  return argument;
}

CodeArgument keras_option(std::string name, std::string text, const std::string& usual) {
  CodeArgument argument = keras_fixed(std::move(name), std::move(text));
  argument.is_usual = argument.text == usual;
  argument.is_option = true;
  return argument;
}

KerasForm keras_function(std::string function, std::vector<KerasWord> options, std::size_t inputs) {
  return [function = std::move(function), options = std::move(options), inputs](const KerasNode& it) {
    std::vector<std::string> known;
    for (const KerasWord& word : options) known.push_back(word.ours);
    it.takes_only(known);
    CodeCall call{function + "("};
    for (std::size_t port = 0; port < inputs; ++port) call.arguments.push_back(keras_value(it.in(port)));
    for (const KerasWord& word : options) {
      if (!word.always && !it.is_given(word.ours)) continue;
      if (!it.options().has(word.ours)) KerasNode::refuse("no " + word.ours);
      call.arguments.push_back(keras_option(word.keras, keras_axes(it.options().at(word.ours))));
    }
    call.tail = ")";
    return call;
  };
}

KerasForm keras_expression(std::string pattern) {
  return [pattern = std::move(pattern)](const KerasNode& it) {
    it.takes_only({});
    std::string text = pattern;
    for (std::size_t port = 0; port < it.node().descriptor()->inputs.size(); ++port) {
      const std::string place = fmt::format("{{{}}}", port);
      for (std::size_t at = text.find(place); at != std::string::npos; at = text.find(place, at))
        text.replace(at, place.size(), it.in(port));
    }
    return CodeCall{text};
  };
}

std::string keras_axes(const AttributeValue& value) {
  const auto* all = std::get_if<std::vector<std::int64_t>>(&value);
  return all && all->size() == 1 ? std::to_string((*all)[0]) : python_value(value);
}

std::string keras_sizes(const std::vector<std::int64_t>& sizes) { return python_value(sizes, true); }

}  // namespace orrery
