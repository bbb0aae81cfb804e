#include "runtime/codegen/pytorch_calls.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/code_calls.h"
#include "runtime/codegen/python_slices.h"
#include "runtime/codegen/python_words.h"
#include "runtime/codegen/sizes.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

const std::map<std::string, std::string, std::less<>> kOperators = {
    {"add", "+"}, {"sub", "-"}, {"mul", "*"}, {"div", "/"}, {"matmul", "@"}, {"eq", "=="},
    {"ne", "!="}, {"lt", "<"},  {"le", "<="}, {"gt", ">"},  {"ge", ">="},    {"pow", "**"}};

// Methods that are written with their options place by place, as `x.transpose(1, 2)`.
const std::set<std::string, std::less<>> kMethods = {"view",    "reshape",   "expand",    "repeat", "permute",
                                                     "squeeze", "unsqueeze", "transpose", "flatten"};

bool is(const Node& node, const char* name) { return node.descriptor()->name == name; }

// `(N, 3)` of a shape among the options, with the sizes that values have.
std::vector<std::string> sizes(const Shape& shape, const PytorchScope& scope) {
  std::vector<std::string> words;
  const auto read = [&](const Value& value, int dim) {
    return fmt::format("{}.shape[{}]", scope.name(value), dim);
  };
  for (const Dim& dim : shape) {
    const auto text = dim.known() ? std::to_string(dim.value()) : size_text(dim, scope.known, read);
    invariant(text.has_value(), "a module knows the sizes that its nodes tell");
    words.push_back(*text);
  }
  return words;
}

std::string option(const AttributeValue& value, const PytorchScope& scope) {
  const auto* shape = std::get_if<Shape>(&value);
  if (!shape) return python_value(value);
  const auto words = sizes(*shape, scope);
  return fmt::format("({}{})", fmt::join(words, ", "), words.size() == 1 ? "," : "");
}

bool given(const Node& node, const Attribute& attribute) {
  const AttributeValue& value = node.attributes().at(attribute.name);
  return !std::holds_alternative<std::monostate>(value) && value != attribute.value;
}

// The value at a port, or the number that stands for it; empty for neither.
std::string operand(const Node& node, std::size_t port, const PytorchScope& scope) {
  const Value input = port < node.inputs().size() ? node.inputs()[port] : Value();
  if (input) return scope.name(input);
  const Port& declared = node.descriptor()->inputs[port];
  if (!declared.takes_number()) return {};
  const AttributeValue& number = node.attributes().at(declared.name);
  return std::holds_alternative<std::monostate>(number) ? std::string() : python_value(number);
}

bool is_port(const Descriptor& operation, const std::string& name) {
  return std::ranges::find(operation.inputs, name, &Port::name) != operation.inputs.end();
}

// What stands in the brackets: ports by place until one is empty, options by name.
class Arguments {
 public:
  Arguments(const Node& node, const PytorchScope& scope) : node_(node), scope_(scope) {}

  std::string text(bool without_first) {
    for (const std::string& name : node_.descriptor()->order) add_by_place(name);
    add_ports(without_first ? 1 : 0);
    for (const Attribute& attribute : node_.descriptor()->attributes)
      if (!placed_.contains(attribute.name)) add_option(attribute);
    return fmt::format("{}", fmt::join(words_, ", "));
  }

 private:
  void add_by_place(const std::string& name) {
    placed_.insert(name);
    const auto& ports = node_.descriptor()->inputs;
    const auto port = std::ranges::find(ports, name, &Port::name);
    words_.push_back(port == ports.end()
                         ? option(node_.attributes().at(name), scope_)
                         : operand(node_, static_cast<std::size_t>(port - ports.begin()), scope_));
  }

  void add_ports(std::size_t first) {
    const auto& ports = node_.descriptor()->inputs;
    for (std::size_t at = first; at < ports.size(); ++at) {
      if (placed_.contains(ports[at].name)) continue;
      if (ports[at].kind == Port::Kind::variadic) return add_list(at);
      const std::string text = operand(node_, at, scope_);
      if (text.empty())
        by_name_ = true;
      else
        words_.push_back(by_name_ || ports[at].may_be_empty() ? ports[at].name + "=" + text : text);
    }
  }

  void add_list(std::size_t first) {
    std::vector<std::string> names;
    for (std::size_t at = first; at < node_.inputs().size(); ++at)
      names.push_back(scope_.name(node_.inputs()[at]));
    const bool spread = is(node_, "einsum") || is(node_, "meshgrid") || is(node_, "cartesian_prod") ||
                        is(node_, "chain_matmul") || is(node_, "block_diag");
    const std::string all = fmt::format("{}", fmt::join(names, ", "));
    words_.push_back(spread ? all : "[" + all + "]");
  }

  void add_option(const Attribute& attribute) {
    const Descriptor& operation = *node_.descriptor();
    if (!given(node_, attribute) || is_port(operation, attribute.name)) return;
    if (node_.layer() && !attribute.at_call) return;
    words_.push_back(attribute.name + "=" + option(node_.attributes().at(attribute.name), scope_));
  }

  const Node& node_;
  const PytorchScope& scope_;
  std::set<std::string> placed_;
  std::vector<std::string> words_;
  bool by_name_ = false;
};

// `x.view(2, -1)`: options by place, up to the last that is given, lists without their brackets.
std::string method(const Node& node, const PytorchScope& scope) {
  std::vector<std::string> words;
  std::size_t given_words = 0;
  for (const Attribute& attribute : node.descriptor()->attributes) {
    const AttributeValue& value = node.attributes().at(attribute.name);
    std::string text = option(value, scope);
    if (text.starts_with('(')) text = text.substr(1, text.find_last_not_of(",)"));
    words.push_back(text);
    if (given(node, attribute)) given_words = words.size();
  }
  words.resize(given_words);
  return fmt::format("{}.{}({})", operand(node, 0, scope), node.descriptor()->name, fmt::join(words, ", "));
}

std::string indexed_by_tensors(const Node& node, const PytorchScope& scope) {
  const auto& dims = node.attributes().integers("dims");
  std::vector<std::string> keys;
  for (std::size_t at = 0; at < dims.size(); ++at) {
    while (static_cast<std::int64_t>(keys.size()) < dims[at]) keys.emplace_back(":");
    keys.push_back(scope.name(node.inputs()[at + 1]));
  }
  return fmt::format("{}[{}]", scope.name(node.inputs()[0]), fmt::join(keys, ", "));
}

std::string range(const Node& node, const PytorchScope& scope) {
  std::string dtype;
  if (node.attributes().has("dtype")) dtype = ", dtype=" + python_value(node.attributes().at("dtype"));
  return fmt::format("torch.arange({}{}{})", fmt::join(sizes(node.attributes().shape("range"), scope), ", "),
                     dtype, scope.device.empty() ? "" : ", device=" + scope.device);
}

// Forms of their own, by the operation's name.
using Form = std::string (*)(const Node&, const PytorchScope&);
const std::map<std::string, Form, std::less<>> kForms = {
    {"index", indexed_by_tensors},
    {"arange", range},
    {"neg", [](const Node& node, const PytorchScope& scope) { return "-" + operand(node, 0, scope); }},
    {"rsub",
     [](const Node& node, const PytorchScope& scope) {
       return fmt::format("{} - {}", operand(node, 1, scope), operand(node, 0, scope));
     }},
};

bool has_only_operands(const Node& node) {
  return std::ranges::none_of(node.descriptor()->attributes, [&](const Attribute& attribute) {
    return given(node, attribute) && !is_port(*node.descriptor(), attribute.name);
  });
}

std::string called(const Node& node, const PytorchScope& scope) {
  const std::string& torch = node.descriptor()->torch;
  constexpr std::string_view kMethod = "torch.Tensor.", kFunctional = "torch.nn.functional.";
  Arguments arguments(node, scope);
  if (torch.starts_with(kMethod))
    return fmt::format("{}.{}({})", operand(node, 0, scope), torch.substr(kMethod.size()),
                       arguments.text(true));
  const std::string function =
      torch.starts_with(kFunctional) ? "F." + torch.substr(kFunctional.size()) : torch;
  std::string text = arguments.text(false);
  if (node.inputs().empty() && !scope.device.empty()) text += ", device=" + scope.device;
  return fmt::format("{}({})", function, text);
}

// torch.nn has no module of it.
std::string attended(const Node& node, const PytorchScope& scope) {
  std::string text = Arguments(node, scope).text(false);
  for (const PytorchArgument& argument : pytorch_arguments(*node.layer())) {
    if (argument.is_usual) continue;
    const char* when = argument.name == "dropout_p" ? " if self.training else 0.0" : "";
    text += fmt::format(", {}={}{}", argument.name, argument.text, when);
  }
  return fmt::format("F.scaled_dot_product_attention({})", text);
}

std::string applied(const Node& node, const PytorchScope& scope, const std::string& module) {
  if (is_function(*node.layer())) return attended(node, scope);
  if (!is(node, "LSTM") && !is(node, "LSTMCell"))
    return fmt::format("{}({})", module, Arguments(node, scope).text(false));
  const std::string h = operand(node, 1, scope), c = operand(node, 2, scope);
  const std::string states = h.empty() ? "" : fmt::format(", ({}, {})", h, c);
  return fmt::format("{}({}{})", module, operand(node, 0, scope), states);
}

}  // namespace

bool is_function(const Layer& layer) { return layer.descriptor().torch.starts_with("torch.nn.functional."); }

std::optional<std::string> without_pytorch(const Node& node) {
  if (node.state()) return "a state that is carried from step to step";
  if (node.kind() == Node::Kind::input || node.kind() == Node::Kind::constant) return std::nullopt;
  const Descriptor& operation = *node.descriptor();
  if (operation.loop != Descriptor::LoopEnd::none) return "a loop (orrery.scan)";
  if (operation.torch.empty() || operation.category == Category::own) return "a function of the script";
  if (node.layer() && !node.layer()->parametrizations().empty()) return "a computed weight";
  if (is(node, "expect") || is(node, "index_put") || is(node, "exponential")) return operation.name;
  return std::nullopt;
}

std::string pytorch_call(const Node& node, const PytorchScope& scope, const std::string& module) {
  if (node.layer()) return applied(node, scope, module);
  const std::string& name = node.descriptor()->name;
  if (const auto part = python_slice(node, operand(node, 0, scope))) return *part;
  if (const auto form = kForms.find(name); form != kForms.end()) return form->second(node, scope);
  if (kMethods.contains(name)) return method(node, scope);
  const auto sign = kOperators.find(name);
  if (sign != kOperators.end() && has_only_operands(node))
    return fmt::format("{} {} {}", operand(node, 0, scope), sign->second, operand(node, 1, scope));
  return called(node, scope);
}

std::string pytorch_targets(const Node& node, const std::vector<std::string>& names) {
  if (is(node, "LSTM")) {
    if (names[1] == "_" && names[2] == "_") return names[0] + ", _";
    return fmt::format("{}, ({}, {})", names[0], names[1], names[2]);
  }
  if (is(node, "MultiheadAttention") && names.size() == 1) return names[0] + ", _";
  const bool one_of_tuple = names.size() == 1 && gives_list(node);
  return one_of_tuple ? fmt::format("({},)", names[0]) : fmt::format("{}", fmt::join(names, ", "));
}

std::vector<PytorchArgument> pytorch_arguments(const Layer& layer) {
  std::vector<PytorchArgument> arguments;
  int by_place = 2;
  for (const Attribute& attribute : layer.descriptor().attributes) {
    if (attribute.at_call) continue;
    const AttributeValue& value = layer.attributes().at(attribute.name);
    const bool required = attribute.required || attribute.told_by_input;
    const auto* list = std::get_if<std::vector<std::int64_t>>(&value);
    const bool one_for_all = attribute.type == AttributeType::sizes || (list && list->size() == 1);
    PytorchArgument argument{attribute.name, python_value(value, one_for_all)};
    argument.by_place = required && by_place-- > 0;
    argument.is_usual = !required && value == attribute.value;
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

}  // namespace orrery
