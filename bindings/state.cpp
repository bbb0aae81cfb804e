#include "bindings/state.h"

#include <map>

#include "bindings/block_function.h"
#include "bindings/lua_args.h"

namespace orrery::lua {
namespace {

std::vector<Graph::Entry> entries_of_layer(const LayerPtr& layer) {
  std::vector<Graph::Entry> entries;
  for (size_t i = 0; i < layer->slots().size(); ++i)
    entries.push_back({layer->slots()[i], layer->parameters()[i], layer->home(), layer});
  return entries;
}

// Of a block that only computed on tensors: all has the names that it would get in a graph.
std::vector<Graph::Entry> entries_of_trace(const LayerTrace& trace) {
  std::vector<Graph::Entry> entries;
  std::map<std::string, int> counts;
  const auto counted = [&](std::string name) {
    if (const int count = ++counts[name]; count > 1) name += "_" + std::to_string(count);
    return name;
  };
  for (const LayerPtr& layer : trace.layers) {
    if (layer->parameters().empty()) continue;
    const bool named = layer->named_by_user();
    const std::string name = counted(named ? layer->name() : layer->descriptor().default_node_name());
    for (Graph::Entry& entry : entries_of_layer(layer)) {
      entry.key = name + "." + entry.key;
      entries.push_back(std::move(entry));
    }
  }
  for (const ParameterPtr& parameter : trace.free)
    entries.push_back({counted(parameter->name), parameter, nullptr, nullptr});
  return entries;
}

std::vector<Graph::Entry> entries_of_function(const BlockFunction& block, const char* function,
                                              bool with_constants) {
  check(!block.blocks.empty() || block.recorded, Fault::usage,
        "{}: the block '{}' was not called yet, so it has no weights", function, block.name);
  if (block.blocks.empty()) return entries_of_trace(block.first);
  return block.graph->state(block.blocks.front(), with_constants);
}

// { { key =, parameter = }, … }
std::vector<Graph::Entry> entries_of_list(lua_State* L, int index, const char* function) {
  std::vector<Graph::Entry> entries;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    check(lua_istable(L, -1), Fault::usage,
          "{}: a list of state holds tables {{ key =, parameter = }}, got {}", function, type_name(L, -1));
    lua_getfield(L, -1, "key");
    lua_getfield(L, -2, "parameter");
    const std::string key = read_string(L, -2, function, "key");
    entries.push_back({key, share<Parameter>(L, -1), nullptr, nullptr});
    lua_pop(L, 3);
  }
  return entries;
}

}  // namespace

std::vector<Graph::Entry> entries_at(lua_State* L, int index, const char* function, bool with_constants) {
  if (is<Graph>(L, index)) return get<Graph>(L, index).state(nullptr, with_constants);
  if (is<GraphBlock>(L, index)) {
    const GraphBlock& block = get<GraphBlock>(L, index);
    return block.graph->state(block.block, with_constants);
  }
  if (is<BlockFunction>(L, index))
    return entries_of_function(get<BlockFunction>(L, index), function, with_constants);
  if (is<Layer>(L, index)) return entries_of_layer(share<Layer>(L, index));
  if (lua_istable(L, index)) return entries_of_list(L, index, function);
  fail(Fault::usage, "{}: expected a graph, a block or a layer, got {}", function, type_name(L, index));
}

void push_state(lua_State* L, const std::vector<Graph::Entry>& entries) {
  lua_createtable(L, static_cast<int>(entries.size()), 0);
  for (size_t i = 0; i < entries.size(); ++i) {
    lua_createtable(L, 0, 2);
    push_text(L, entries[i].key);
    lua_setfield(L, -2, "key");
    push(L, entries[i].parameter);
    lua_setfield(L, -2, "parameter");
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
}

}  // namespace orrery::lua
