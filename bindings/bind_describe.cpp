#include <map>
#include <unordered_set>

#include "bindings/dim.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "runtime/graph/cost.h"
#include "runtime/graph/loops.h"

namespace orrery::lua {
namespace {

/// Sizes that a reader gave for symbols, to be put in everywhere.
using Sizes = std::map<std::string, Dim>;

void set_text(lua_State* L, const char* key, const std::string& text) {
  if (text.empty()) return;
  push_text(L, text);
  lua_setfield(L, -2, key);
}

void set_number(lua_State* L, const char* key, double number) {
  lua_pushnumber(L, number);
  lua_setfield(L, -2, key);
}

void set_dim(lua_State* L, const char* key, const Dim& dim, const Sizes& sizes) {
  push_dim(L, dim.substitute(sizes));
  lua_setfield(L, -2, key);
}

Shape with_sizes(Shape shape, const Sizes& sizes) {
  for (Dim& dim : shape) dim = dim.substitute(sizes);
  return shape;
}

// { shape =, text = "(N, 16)", dtype =, bytes = }
void push_type(lua_State* L, const TensorType& type, const Sizes& sizes) {
  const Shape shape = with_sizes(type.shape, sizes);
  lua_createtable(L, 0, 4);
  push_shape(L, shape);
  lua_setfield(L, -2, "shape");
  set_text(L, "text", str(shape));
  set_text(L, "dtype", std::string(name(type.dtype)));
  set_dim(L, "bytes", numel(shape) * Dim(element_size(type.dtype)), sizes);
}

void set_types(lua_State* L, const char* key, const std::vector<const TensorType*>& types,
               const Sizes& sizes) {
  lua_createtable(L, static_cast<int>(types.size()), 0);
  int at = 0;
  for (const TensorType* type : types) {
    if (!type) continue;
    push_type(L, *type, sizes);
    lua_rawseti(L, -2, ++at);
  }
  lua_setfield(L, -2, key);
}

void set_parameters(lua_State* L, const std::vector<ParameterPtr>& parameters) {
  double all = 0, trainable = 0, bytes = 0;
  for (const ParameterPtr& parameter : parameters) {
    bytes += static_cast<double>(parameter->bytes());
    if (parameter->buffer) continue;
    const auto count = static_cast<double>(numel(parameter->shape).value());
    all += count;
    if (parameter->trainable) trainable += count;
  }
  set_number(L, "parameters", all);
  set_number(L, "trainable", trainable);
  set_number(L, "state_bytes", bytes);
}

std::vector<ParameterPtr> parameters_of(const Node& node) {
  if (node.layer()) return node.layer()->parameters();
  if (node.constant() && !node.state()) return {node.constant()};
  return {};
}

// Options that differ from their defaults, and those that must be given.
void set_options(lua_State* L, const Node& node) {
  lua_newtable(L);
  if (node.descriptor()) {
    for (const Attribute& attribute : node.descriptor()->attributes) {
      const AttributeValue& value = node.attributes().at(attribute.name);
      if (!attribute.required && value == attribute.value) continue;
      push_value(L, value);
      lua_setfield(L, -2, attribute.name.c_str());
    }
  }
  lua_setfield(L, -2, "options");
}

void set_inputs(lua_State* L, const Node& node) {
  lua_newtable(L);
  int at = 0;
  for (const Value& value : node.inputs()) {
    if (!value) continue;
    push_text(L, value.node->path());
    lua_rawseti(L, -2, ++at);
  }
  lua_setfield(L, -2, "inputs");
}

std::vector<const TensorType*> input_types(const Node& node) {
  std::vector<const TensorType*> types;
  for (const Value& value : node.inputs()) types.push_back(value ? &value.type() : nullptr);
  return types;
}

std::vector<const TensorType*> output_types(const Node& node) {
  std::vector<const TensorType*> types;
  for (const TensorType& type : node.outputs()) types.push_back(&type);
  return types;
}

const char* word(const Node& node) {
  switch (node.kind()) {
    case Node::Kind::input: return "input";
    case Node::Kind::constant: return node.state() ? "state" : "constant";
    case Node::Kind::layer: return "layer";
    case Node::Kind::transform: return "transform";
  }
  return "";
}

void push_node(lua_State* L, const Node& node, const Loops& loops, const Sizes& sizes,
               std::map<const void*, int>& owners) {
  luaL_checkstack(L, 10, "too many values");
  lua_createtable(L, 0, 17);
  set_text(L, "name", node.name());
  set_text(L, "path", node.path());
  lua_pushstring(L, node.block().path().c_str());
  lua_setfield(L, -2, "block");
  set_text(L, "kind", word(node));
  set_text(L, "operation", node.operation());
  set_text(L, "label", node.origin().label);
  set_text(L, "site", node.origin().site.str());
  set_inputs(L, node);
  set_types(L, "input_types", input_types(node), sizes);
  set_types(L, "outputs", output_types(node), sizes);
  set_options(L, node);
  set_dim(L, "flops", flops_of(node) * loops.times(node), sizes);
  set_dim(L, "bytes_moved", bytes_moved_of(node) * loops.times(node), sizes);
  lua_pushboolean(L, is_view(node));
  lua_setfield(L, -2, "view");
  const std::vector<ParameterPtr> parameters = parameters_of(node);
  set_parameters(L, parameters);
  const void* owner = node.layer() ? static_cast<const void*>(node.layer().get()) : &node;
  const auto [known, first] = owners.emplace(owner, static_cast<int>(owners.size()) + 1);
  set_number(L, "owner", known->second);
  lua_pushboolean(L, !first);
  lua_setfield(L, -2, "shared");
}

void push_blocks(lua_State* L, const Block& block, int depth, int& at) {
  lua_createtable(L, 0, 6);
  lua_pushstring(L, block.path().c_str());
  lua_setfield(L, -2, "path");
  set_text(L, "name", block.name());
  set_text(L, "title", block.title());
  set_text(L, "site", block.origin().site.str());
  set_number(L, "depth", depth);
  lua_rawseti(L, -2, ++at);
  for (const auto& child : block.children()) push_blocks(L, *child, depth + 1, at);
}

// What counts as used although no node reads it.
void set_uses(lua_State* L, const Graph& graph) {
  static constexpr const char* kWords[] = {"output", "loss", "metric", "saved"};  // as Use::Kind
  lua_newtable(L);
  int at = 0;
  for (const Use& use : graph.uses()) {
    lua_createtable(L, 0, 4);
    set_text(L, "kind", kWords[static_cast<int>(use.kind)]);
    set_text(L, "name", use.name);
    set_text(L, "path", use.value.node->path());
    set_number(L, "output", use.value.output + 1);
    lua_rawseti(L, -2, ++at);
  }
  lua_setfield(L, -2, "uses");
}

// Each tensor once, however many layers hold it.
void set_totals(lua_State* L, const Graph& graph) {
  set_number(L, "count", static_cast<double>(graph.nodes().size()));
  std::vector<ParameterPtr> parameters;
  std::unordered_set<const Parameter*> seen;
  for (const auto& entry : graph.state())
    if (seen.insert(entry.parameter.get()).second) parameters.push_back(entry.parameter);
  set_parameters(L, parameters);
}

Sizes read_sizes(lua_State* L, int index) {
  Sizes sizes;
  if (lua_isnoneornil(L, index)) return sizes;
  check(lua_istable(L, index), Fault::usage,
        "describe: expected sizes of symbols such as {{ N = 32 }}, got {}", type_name(L, index));
  lua_pushnil(L);
  while (lua_next(L, index)) {
    auto dim = to_dim(L, -1);
    check(lua_type(L, -2) == LUA_TSTRING && dim, Fault::usage,
          "describe: each entry is a symbol and its size, such as N = 32");
    sizes.emplace(lua_tostring(L, -2), *dim);
    lua_pop(L, 1);
  }
  return sizes;
}

}  // namespace

int graph_totals(lua_State* L) {
  lua_createtable(L, 0, 4);
  set_totals(L, *share<Graph>(L, 1));
  return 1;
}

int describe_graph(lua_State* L) {
  const auto graph = share<Graph>(L, 1);
  const Sizes sizes = read_sizes(L, 2);
  lua_createtable(L, 0, 8);
  set_text(L, "name", graph->name());
  set_totals(L, *graph);
  lua_newtable(L);
  int at = 0;
  push_blocks(L, graph->root(), 0, at);
  lua_setfield(L, -2, "blocks");
  lua_newtable(L);
  at = 0;
  std::map<const void*, int> owners;
  const Loops loops(*graph);
  for (const auto& node : graph->nodes()) {
    push_node(L, *node, loops, sizes, owners);
    lua_rawseti(L, -2, ++at);
  }
  lua_setfield(L, -2, "nodes");
  set_uses(L, *graph);
  return 1;
}

}  // namespace orrery::lua
