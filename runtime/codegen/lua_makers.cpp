#include "runtime/codegen/lua_makers.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/codegen/lua_words.h"

namespace orrery {
namespace {

bool holds_nothing(const AttributeValue& value) { return std::holds_alternative<std::monostate>(value); }

// The first numbers of a tensor, as the options `init`, `a` and `b`; only what a script may say so.
void add_init(std::vector<LuaArgument>& options, const Init& init) {
  const auto add = [&](const char* name, std::string text) {
    options.push_back({.name = name, .text = std::move(text)});
  };
  switch (init.kind) {
    case Init::Kind::ones: return add("init", "\"ones\"");
    case Init::Kind::constant: return add("init", "\"constant\""), add("a", lua_number(init.a));
    case Init::Kind::uniform:
    case Init::Kind::normal:
      add("init", lua_text(name(init.kind)));
      if (init.a != 0) add("a", lua_number(init.a));
      if (init.b != 1) add("b", lua_number(init.b));
      return;
    case Init::Kind::trunc_normal:
      return add("init", fmt::format("{{ \"trunc_normal\", {}, {}, {}, {} }}", lua_number(init.a),
                                     lua_number(init.b), lua_number(init.c), lua_number(init.d)));
    default: return;
  }
}

LuaArgument shape_argument(const Shape& shape) {
  const Attribute sizes{.name = "shape", .type = AttributeType::shape};
  // With a blank an empty one is no table of options.
  const auto text = lua_value(sizes, shape, [](const Dim& dim) { return dim.str(); });
  return {.name = "shape", .text = shape.empty() ? "{ }" : text, .by_place = true};
}

// A tensor that a layer keeps (the weights of the classes): its numbers are in the saved model.
std::string kept_tensor(const Shape& shape) {
  return fmt::format("nn.Parameter({}, {{ init = \"ones\" }})", shape_argument(shape).text);
}

bool keeps_tensors(const Layer& layer) {
  return std::ranges::any_of(layer.descriptor().attributes, [&](const Attribute& attribute) {
    return attribute.type == AttributeType::tensor && layer.attributes().has(attribute.name);
  });
}

bool is_frozen_layer(const Layer& layer) {
  const auto& all = layer.parameters();
  return std::ranges::any_of(all, [](const auto& each) { return !each->buffer; }) &&
         std::ranges::all_of(all, [](const auto& each) { return each->buffer || !each->trainable; });
}

std::vector<LuaArgument> layer_options(const Layer& layer) {
  std::vector<LuaArgument> options;
  bool in_order = true, is_first = true;
  for (const Attribute& attribute : layer.descriptor().attributes) {
    const AttributeValue& value = layer.attributes().at(attribute.name);
    LuaArgument made = lua_option(attribute, value, [](const Dim& dim) { return dim.str(); });
    if (attribute.type == AttributeType::tensor && !made.is_usual)
      made.text = kept_tensor(std::get<Shape>(value));
    const bool told = attribute.required || (attribute.told_by_input && !holds_nothing(value));
    in_order = in_order && (told || (is_first && !takes_word(attribute)));
    made.by_place = in_order;
    made.is_usual = made.is_usual && !told;
    is_first = false;
    options.push_back(std::move(made));
  }
  return options;
}

LuaPieces parametrized(LuaPieces made, const Parametrization& rule) {
  std::vector<LuaArgument> rest{{.name = "name",
                                 .text = lua_text(rule.slot),
                                 .by_place = true,
                                 .is_usual = rule.slot == "weight",
                                 .is_fixed = true}};
  for (const Attribute& attribute : rule.kind->attributes)
    rest.push_back(lua_option(attribute, rule.attributes.at(attribute.name), {}));
  LuaPieces pieces = lua_plain("nn.utils.parametrizations" + lua_member(rule.kind->name) + "(");
  pieces += made;
  pieces.push_back({.kind = LuaPiece::Kind::rest, .arguments = std::move(rest)});
  return pieces;
}

}  // namespace

bool takes_word(const Attribute& attribute) {
  return attribute.type == AttributeType::boolean || attribute.type == AttributeType::text ||
         attribute.type == AttributeType::dtype || attribute.type == AttributeType::tensor;
}

LuaArgument lua_option(const Attribute& attribute, const AttributeValue& value,
                       const std::function<std::string(const Dim&)>& size) {
  return {.name = attribute.name,
          .text = lua_value(attribute, value, size),
          .is_usual = holds_nothing(value) || (value == attribute.value && !attribute.required),
          .spreads = attribute.variadic};
}

LuaPieces lua_layer(const Layer& layer, const std::string& name,
                    const std::map<std::string, std::string>& ties) {
  std::vector<LuaArgument> options = layer_options(layer);
  if (!name.empty()) options.push_back({.name = "name", .text = lua_text(name), .is_fixed = true});
  for (const auto& [slot, tensor] : ties) options.push_back({.name = slot, .text = tensor, .is_fixed = true});
  LuaPieces pieces = lua_plain("nn" + lua_member(layer.descriptor().name));
  pieces.push_back({.kind = LuaPiece::Kind::call, .arguments = std::move(options)});
  for (const Parametrization& rule : layer.parametrizations()) pieces = parametrized(std::move(pieces), rule);
  if (is_frozen_layer(layer) || keeps_tensors(layer)) pieces += ":freeze()";
  return pieces;
}

LuaPieces lua_constant(const Node& node, const std::string& name, const std::string& shared) {
  const ParameterPtr& tensor = node.constant();
  LuaPieces pieces;
  if (!shared.empty()) {
    pieces = lua_plain("g:constant(" + shared + ")");
    if (!name.empty()) pieces += ":named " + lua_text(name);
    return pieces;
  }
  std::vector<LuaArgument> arguments;
  const bool is_named = node.state() || node.is_parameter();
  if (is_named)
    arguments.push_back({.name = "name", .text = lua_text(node.name()), .by_place = true, .is_fixed = true});
  arguments.push_back(shape_argument(tensor->shape));
  add_init(arguments, tensor->init);
  if (tensor->dtype != DType::float32)
    arguments.push_back({.name = "dtype", .text = lua_text(orrery::name(tensor->dtype))});
  if (node.state() && node.state()->reset == StateSpec::Reset::never)
    arguments.push_back({.name = "reset", .text = "\"never\"", .is_fixed = true});
  pieces = lua_plain(node.state() ? "g:state" : node.is_parameter() ? "g:parameter" : "g:constant");
  pieces.push_back({.kind = LuaPiece::Kind::call, .arguments = std::move(arguments)});
  if (!name.empty() && !is_named) pieces += ":named " + lua_text(name);
  return pieces;
}

}  // namespace orrery
