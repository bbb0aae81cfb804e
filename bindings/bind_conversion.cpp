// Layers, blocks and graphs get another dtype, as PyTorch's module.to(dtype).
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "bindings/border.h"
#include "bindings/conversion.h"
#include "bindings/lua_args.h"

namespace orrery::lua {
namespace {

/// Layers and tensors that are converted wherever they stand.
struct Owned {
  std::set<LayerPtr> layers;
  std::set<ParameterPtr> tensors;

  bool has(const Node& node) const {
    return (node.layer() && layers.contains(node.layer())) ||
           (node.constant() && tensors.contains(node.constant()));
  }
};

Origin origin_of_call(lua_State* L) { return {border(L).sites.site(L), ""}; }

// A graph that has run keeps what it is: what reads the layer there says so.
void convert_owned(lua_State* L, const Owned& owned, DType dtype) {
  for (const auto& graph : border(L).graphs())
    if (!graph->finalized())
      graph->convert([&](const Node& node) { return owned.has(node); }, dtype, origin_of_call(L));
  for (const LayerPtr& layer : owned.layers) layer->convert(dtype);
  for (const ParameterPtr& tensor : owned.tensors) tensor->convert(dtype);
}

void convert_blocks(lua_State* L, Graph& graph, const std::vector<Block*>& blocks, DType dtype) {
  const auto inside = [&](const Node& node) {
    return std::ranges::any_of(blocks, [&](const Block* block) { return block->contains(node.block()); });
  };
  graph.convert(inside, dtype, origin_of_call(L));
}

// The calls that come make what they make in that dtype, too.
void convert_function(lua_State* L, BlockFunction& function, DType dtype) {
  convert_blocks(L, *function.graph, function.blocks, dtype);
  convert_owned(L,
                {{function.first.layers.begin(), function.first.layers.end()},
                 {function.first.free.begin(), function.first.free.end()}},
                dtype);
  function.dtype = dtype;
}

Owned read_owned(lua_State* L, int index) {
  Owned owned;
  const int count = lua_istable(L, index) ? static_cast<int>(lua_objlen(L, index)) : 1;
  for (int i = 1; i <= count; ++i) {
    if (lua_istable(L, index))
      lua_rawgeti(L, index, i);
    else
      lua_pushvalue(L, index);
    const int at = lua_gettop(L);
    check(is<Layer>(L, at) || is<Parameter>(L, at), Fault::usage,
          "to: expected a graph, a block, a layer or a parameter, got {}", type_name(L, at));
    if (is<Layer>(L, at))
      owned.layers.insert(share<Layer>(L, at));
    else
      owned.tensors.insert(share<Parameter>(L, at));
    lua_pop(L, 1);
  }
  return owned;
}

// owner:double() → owner, and the like
template <DType Wanted>
int convert_self(lua_State* L) {
  convert_owner(L, 1, Wanted);
  lua_settop(L, 1);
  return 1;
}

// core.convert(owner or list of layers and parameters, word): to a dtype; tells whether the word is one
int convert(lua_State* L) {
  const auto dtype = parameter_dtype_at(L, 2);
  if (dtype) convert_owner(L, 1, *dtype);
  return lua_pushboolean(L, dtype.has_value()), 1;
}

}  // namespace

std::optional<DType> parameter_dtype_at(lua_State* L, int index) {
  const std::string word = read_string(L, index, "to", "a dtype or a device");
  const std::optional<DType> dtype = dtype_from_name(word);
  check(!dtype || is_floating(*dtype), Fault::usage,
        "to: parameters are floating-point numbers: expected \"float64\", \"float32\", \"bfloat16\" or "
        "\"float16\", got \"{}\"",
        word);
  return dtype;
}

void convert_owner(lua_State* L, int index, DType dtype) {
  if (is<Graph>(L, index)) {
    get<Graph>(L, index).convert(dtype, origin_of_call(L));
  } else if (is<GraphBlock>(L, index)) {
    const GraphBlock& block = get<GraphBlock>(L, index);
    convert_blocks(L, *block.graph, {block.block}, dtype);
  } else if (is<BlockFunction>(L, index)) {
    convert_function(L, get<BlockFunction>(L, index), dtype);
  } else {
    convert_owned(L, read_owned(L, index), dtype);
  }
}

std::vector<luaL_Reg> with_dtype_methods(std::vector<luaL_Reg> methods) {
  for (const luaL_Reg& method : {luaL_Reg{"double", guarded<convert_self<DType::float64>>},
                                 luaL_Reg{"float", guarded<convert_self<DType::float32>>},
                                 luaL_Reg{"half", guarded<convert_self<DType::float16>>},
                                 luaL_Reg{"bfloat16", guarded<convert_self<DType::bfloat16>>}})
    methods.push_back(method);
  return methods;
}

void open_conversion(lua_State* L) { add_functions(L, {{"convert", guarded<convert>}}); }

}  // namespace orrery::lua
