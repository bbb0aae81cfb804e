#include "runtime/codegen/lua_calls.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/lua_makers.h"
#include "runtime/codegen/lua_words.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

struct Sign {
  const char* mark;
  LuaBinding binding;
};
const std::map<std::string, Sign, std::less<>> kSigns = {
    {"add", {"+", LuaBinding::sum}},     {"sub", {"-", LuaBinding::sum}},
    {"mul", {"*", LuaBinding::product}}, {"div", {"/", LuaBinding::product}},
    {"rsub", {"-", LuaBinding::sum}},    {"remainder", {"%", LuaBinding::product}},
    {"pow", {"^", LuaBinding::power}}};

// What a value has beside the operations, so that they are no methods of it.
const std::set<std::string, std::less<>> kMembers = {
    "size", "dim",   "numel", "named", "shape", "dtype",     "name", "path",         "label",
    "site", "graph", "ndim",  "T",     "mT",    "operation", "mH",   "requires_grad"};

bool is_nil(const AttributeValue& value) { return std::holds_alternative<std::monostate>(value); }

bool is_lua_port(const Descriptor& operation, const std::string& name) {
  return std::ranges::find(operation.inputs, name, &Port::name) != operation.inputs.end();
}

bool has_operands_alone(const Node& node) {
  return std::ranges::all_of(node.descriptor()->attributes, [&](const Attribute& attribute) {
    return is_lua_port(*node.descriptor(), attribute.name) ||
           node.attributes().at(attribute.name) == attribute.value;
  });
}

Value value_at(const Node& node, std::size_t port) {
  return port < node.inputs().size() ? node.inputs()[port] : Value();
}

bool has_operand(const Node& node, std::size_t port) {
  const Port& declared = node.descriptor()->inputs[port];
  return value_at(node, port) || (declared.takes_number() && !is_nil(node.attributes().at(declared.name)));
}

// `a - b`, `3 - a`, `a ^ 2`: both sides are there, a number on the left only where Lua's operators take it.
bool is_signed(const Node& node) {
  const auto sign = kSigns.find(node.descriptor()->name);
  if (sign == kSigns.end() || !has_operands_alone(node)) return false;
  if (!has_operand(node, 0) || !has_operand(node, 1)) return false;
  if (sign->first == "rsub") return !value_at(node, 1);
  if (!value_at(node, 0)) return sign->first == "pow" || sign->first == "remainder";
  return true;
}

// `orrery.cross_entropy(logits, label)`, which nobody writes as a method.
bool is_function_of_several(const Descriptor& operation) {
  return operation.torch.starts_with("torch.nn.functional.") &&
         std::ranges::count(operation.inputs, Port::Kind::required, &Port::kind) > 1;
}

// x:relu(), rather than orrery.relu(x)
bool is_method(const Node& node) {
  const Descriptor& operation = *node.descriptor();
  if (is_function_of_several(operation)) return false;
  return !operation.inputs.empty() && operation.inputs[0].kind != Port::Kind::variadic &&
         operation.method_port == 0 && !operation.from_graph() && value_at(node, 0) &&
         is_lua_name(operation.name) && !kMembers.contains(operation.name);
}

// x[{ {}, { 1, 5 } }]: an end without a beginning has no such form.
bool is_sliced(const Node& node) {
  const Attributes& options = node.attributes();
  return node.descriptor()->name == "slice" && options.integer("dim") >= 0 && options.has("start") &&
         (options.has("end") || options.integer("step") == 1);
}

std::string name_text(const LuaExpression& value) {
  invariant(value.pieces.size() == 1 && value.pieces[0].kind == LuaPiece::Kind::text, "a value has a name");
  return value.pieces[0].text;
}

LuaPieces in_brackets(LuaExpression value, LuaBinding least) {
  if (value.binding >= least) return std::move(value.pieces);
  LuaPieces pieces = lua_plain("(");
  pieces += value.pieces;
  pieces += ")";
  return pieces;
}

bool takes_list(const Attribute& attribute) {
  return attribute.type == AttributeType::sizes || attribute.type == AttributeType::integers ||
         attribute.type == AttributeType::reals || attribute.type == AttributeType::shape;
}

// The arguments of a transform, but for a receiver.
class LuaArguments {
 public:
  LuaArguments(const Node& node, const LuaScope& scope) : node_(node), scope_(scope) {}

  std::vector<LuaArgument> list(std::size_t first_port) {
    first_port_ = first_port;
    for (const std::string& name : node_.descriptor()->order) add_in_order(name);
    const auto& ports = node_.descriptor()->inputs;
    for (std::size_t at = 0; at < ports.size(); ++at)
      if (!placed_.contains(ports[at].name)) add_port(at);
    add_options();
    return std::move(list_);
  }

 private:
  void add_in_order(const std::string& name) {
    const auto& operation = *node_.descriptor();
    const auto port = std::ranges::find(operation.inputs, name, &Port::name);
    placed_.insert(name);
    if (port != operation.inputs.end())
      return add_port(static_cast<std::size_t>(port - operation.inputs.begin()));
    const auto attribute = std::ranges::find(operation.attributes, name, &Attribute::name);
    list_.push_back(lua_option(*attribute, node_.attributes().at(name), scope_.size));
    list_.back().by_place = true;
  }

  void add_port(std::size_t at) {
    if (at < first_port_) return;
    const Port& port = node_.descriptor()->inputs[at];
    if (port.kind == Port::Kind::variadic) return add_many(port, at);
    LuaArgument argument{.name = port.name, .by_place = true, .is_fixed = true};
    const AttributeValue* number = nullptr;
    if (port.takes_number()) number = &node_.attributes().at(port.name);
    if (const Value input = value_at(node_, at)) {
      argument.text = name_text(scope_.value(input));
    } else if (number && !is_nil(*number)) {
      argument.text = lua_value({.name = port.name, .type = AttributeType::number}, *number, scope_.size);
      argument.is_fixed = false;
    } else {
      argument.text = "nil";
      argument.is_usual = true;
    }
    list_.push_back(std::move(argument));
  }

  void add_many(const Port& port, std::size_t first) {
    std::vector<std::string> names;
    for (std::size_t at = first; at < node_.inputs().size(); ++at)
      names.push_back(name_text(scope_.value(node_.inputs()[at])));
    list_.push_back({.name = port.name,
                     .text = lua_list(names),
                     .by_place = true,
                     .is_usual = names.empty(),
                     .is_fixed = true});
  }

  // Those that come first stand by place, words and switches have their names.
  void add_options() {
    const auto& attributes = node_.descriptor()->attributes;
    bool in_order = node_.descriptor()->order.empty(), is_first = true;
    for (const Attribute& attribute : attributes) {
      if (is_lua_port(*node_.descriptor(), attribute.name) || placed_.contains(attribute.name)) continue;
      // A list that stands alone would be read as the values of all options, unless the first of them is one.
      const bool alone =
          is_first && takes_list(attribute) && !attribute.variadic && &attribute != &attributes[0];
      in_order = in_order && !alone && (attribute.required || !takes_word(attribute));
      list_.push_back(lua_option(attribute, node_.attributes().at(attribute.name), scope_.size));
      list_.back().by_place = in_order;
      in_order = in_order && !attribute.variadic;
      is_first = false;
    }
  }

  const Node& node_;
  const LuaScope& scope_;
  std::size_t first_port_ = 0;
  std::set<std::string> placed_;
  std::vector<LuaArgument> list_;
};

LuaPieces lua_side(const Node& node, std::size_t port, const LuaScope& scope, LuaBinding least) {
  if (const Value input = value_at(node, port)) return in_brackets(scope.value(input), least);
  const std::string& name = node.descriptor()->inputs[port].name;
  const AttributeValue& number = node.attributes().at(name);
  const std::string text = lua_value({.name = name, .type = AttributeType::number}, number, scope.size);
  LuaPieces number_text = {{.kind = LuaPiece::Kind::value, .arguments = {{.name = name, .text = text}}}};
  // `-2 ^ x` would be the negative of a power.
  return in_brackets({std::move(number_text), text.starts_with('-') ? LuaBinding::sign : LuaBinding::primary},
                     port == 0 ? least : LuaBinding::sum);
}

LuaExpression with_sign(const Node& node, const LuaScope& scope) {
  const auto& [name, sign] = *kSigns.find(node.descriptor()->name);
  const bool turned = name == "rsub";
  const LuaBinding tighter = static_cast<LuaBinding>(static_cast<int>(sign.binding) + 1);
  // `^` groups from the right, all others from the left.
  const LuaBinding left = sign.binding == LuaBinding::power ? tighter : sign.binding;
  LuaPieces pieces = lua_side(node, turned ? 1 : 0, scope, left);
  pieces += fmt::format(" {} ", sign.mark);
  pieces += lua_side(node, turned ? 0 : 1, scope, tighter);
  return {std::move(pieces), sign.binding};
}

LuaExpression lua_slice(const Node& node, const LuaScope& scope) {
  const Attributes& options = node.attributes();
  std::vector<std::string> key(static_cast<std::size_t>(options.integer("dim")), "{}"), ends;
  for (const char* name : {"start", "end", "step"})
    if (options.has(name) && (std::string_view(name) != "step" || options.integer(name) != 1))
      ends.push_back(std::to_string(options.integer(name)));
  key.push_back(lua_list(ends));
  LuaPieces pieces = in_brackets(scope.value(node.inputs()[0]), LuaBinding::primary);
  pieces += "[" + lua_list(key) + "]";
  return {std::move(pieces)};
}

// `(a + b):named "sum"`
LuaExpression with_name(LuaExpression value, const std::string& name) {
  if (name.empty()) return value;
  LuaPieces pieces = in_brackets(std::move(value), LuaBinding::primary);
  pieces += ":named " + lua_text(name);
  return {std::move(pieces)};
}

std::string lua_reach(const std::string& operation) { return "orrery" + lua_member(operation); }

}  // namespace

std::optional<std::string> without_lua(const Node& node) {
  if (!node.descriptor()) return std::nullopt;
  const Descriptor& operation = *node.descriptor();
  if (operation.own)
    return operation.name.find("::") == std::string::npos ? "a function of the script"
                                                          : "an operator of LibTorch's registry";
  if (operation.loop != Descriptor::LoopEnd::none) return std::nullopt;
  for (const auto& [name, value] : node.attributes().entries())
    if (!is_exact_in_lua(value))
      return fmt::format("its {} is {}, which no number of Lua is", name, str(value));
  return std::nullopt;
}

std::vector<Value> open_inputs(const Node& node) {
  std::vector<Value> open;
  const auto add = [&](std::size_t port) {
    if (const Value input = value_at(node, port)) open.push_back(input);
  };
  if (!node.descriptor() || node.inputs().empty()) return open;
  if (node.layer()) {
    if (node.descriptor()->inputs[0].kind != Port::Kind::variadic) add(0);
  } else if (is_signed(node)) {
    add(0), add(1);
  } else if (is_method(node)) {
    add(0);
  }
  return open;
}

LuaExpression lua_transform(const Node& node, const LuaScope& scope, const std::string& name) {
  const std::string& operation = node.descriptor()->name;
  if (is_signed(node)) return with_name(with_sign(node, scope), name);
  if (is_sliced(node)) return with_name(lua_slice(node, scope), name);
  if (operation == "neg" && value_at(node, 0)) {
    LuaPieces pieces = lua_plain("-");
    pieces += in_brackets(scope.value(node.inputs()[0]), LuaBinding::power);
    return with_name({std::move(pieces), LuaBinding::sign}, name);
  }
  LuaPieces pieces;
  std::vector<LuaArgument> arguments;
  if (is_method(node)) {
    pieces = in_brackets(scope.value(node.inputs()[0]), LuaBinding::primary);
    pieces += ":" + operation;
    arguments = LuaArguments(node, scope).list(1);
  } else {
    pieces = lua_plain(node.descriptor()->from_graph() ? "g:" + operation : lua_reach(operation));
    arguments = LuaArguments(node, scope).list(0);
  }
  if (!name.empty()) arguments.push_back({.name = "name", .text = lua_text(name), .is_fixed = true});
  pieces.push_back({.kind = LuaPiece::Kind::call, .arguments = std::move(arguments)});
  return {std::move(pieces)};
}

LuaExpression lua_application(const Node& node, const LuaScope& scope, LuaPieces made) {
  std::vector<std::string> words;
  for (const Value& input : node.inputs())
    words.push_back(input && !words.empty() ? name_text(scope.value(input)) : "nil");
  while (words.size() > 1 && words.back() == "nil") words.pop_back();
  made += "(";
  if (!words.empty() && node.inputs()[0]) made += scope.value(node.inputs()[0]).pieces;
  std::vector<LuaArgument> rest;
  for (std::size_t at = 1; at < words.size(); ++at)
    rest.push_back({.name = "input", .text = words[at], .by_place = true, .is_fixed = true});
  for (const Attribute& attribute : options_at_call(node.descriptor()->attributes)) {
    const AttributeValue& value = node.attributes().at(attribute.name);
    if (value != node.layer()->attributes().at(attribute.name))
      rest.push_back(lua_option(attribute, value, scope.size));
  }
  made.push_back({.kind = LuaPiece::Kind::rest, .arguments = std::move(rest)});
  return {std::move(made)};
}

}  // namespace orrery
