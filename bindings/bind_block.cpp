#include <fmt/format.h>

#include "bindings/border.h"
#include "bindings/conversion.h"
#include "bindings/governed.h"
#include "bindings/lua_args.h"
#include "runtime/core/device_name.h"
#include "runtime/core/names.h"

namespace orrery::lua {
namespace {

GraphBlock& self(lua_State* L) { return get<GraphBlock>(L, 1); }

int set_trainable(lua_State* L, bool trainable) {
  self(L).graph->set_trainable(*self(L).block, trainable);
  lua_settop(L, 1);
  return 1;
}
int freeze(lua_State* L) { return set_trainable(L, false); }
int unfreeze(lua_State* L) { return set_trainable(L, true); }

// block:to(dtype or device) → block
int to(lua_State* L) {
  if (const auto dtype = parameter_dtype_at(L, 2))
    convert_owner(L, 1, *dtype);
  else
    self(L).block->set_device(block_device(L, 2));
  lua_settop(L, 1);
  return 1;
}

// block:recompute([recomputes = true]) → block
int recompute(lua_State* L) {
  self(L).block->set_recomputes(read_recomputes(L, 2));
  lua_settop(L, 1);
  return 1;
}

int parameters(lua_State* L) {
  std::vector<ParameterPtr> found;
  for (const auto& entry : self(L).graph->state(self(L).block))
    if (!entry.parameter->buffer && std::find(found.begin(), found.end(), entry.parameter) == found.end())
      found.push_back(entry.parameter);
  return push_parameters(L, found), 1;
}

int index_block(lua_State* L) {
  const GraphBlock& b = self(L);
  const std::string key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (key == "name") return push_text(L, b.block->name()), 1;
  if (key == "path") return push_text(L, b.block->path()), 1;
  if (key == "title") return push_text(L, b.block->title()), 1;
  if (key == "recomputes") return lua_pushboolean(L, b.block->recomputes()), 1;
  if (key == "site") return push_text(L, b.block->origin().site.str()), 1;
  if (key == "label") return push_text(L, b.block->origin().label), 1;
  if (key == "graph") return push(L, b.graph), 1;
  return 0;
}

std::string text_of_block(void* object) {
  const Block& block = *static_cast<GraphBlock*>(object)->block;
  const size_t nodes = block.all_nodes().size();
  return fmt::format("Block {} ({} node{})", block.parent() ? block.path() : "of the whole graph", nodes,
                     nodes == 1 ? "" : "s");
}

void collect_paths(Block& block, std::vector<std::pair<std::string, Block*>>& paths) {
  for (const auto& child : block.children()) {
    paths.emplace_back(child->path(), child.get());
    collect_paths(*child, paths);
  }
}

}  // namespace

Block& block_of_path(Graph& graph, const std::string& path, const char* function) {
  if (path.empty()) return graph.root();
  std::vector<std::pair<std::string, Block*>> paths;
  collect_paths(graph.root(), paths);
  std::vector<std::string> names;
  for (const auto& [known, block] : paths) {
    if (known == path) return *block;
    names.push_back(known);
  }
  fail(Fault::usage, "{}: graph '{}' has no block '{}'{}", function, graph.name(), path,
       did_you_mean(path, names));
}

std::string block_device(lua_State* L, int index) {
  std::string name = read_string(L, index, "to", "a device");
  check(is_device_name(name) && name != "auto", Fault::usage,
        "to: expected 'cpu', 'cuda' or 'cuda:N', got \"{}\"", name);
  return name;
}

bool read_recomputes(lua_State* L, int index) {
  check(lua_isnoneornil(L, index) || lua_isboolean(L, index), Fault::usage,
        "recompute: expected true or false, got {}", type_name(L, index));
  return lua_isnoneornil(L, index) || lua_toboolean(L, index);
}

void push_block(lua_State* L, const std::shared_ptr<Graph>& graph, Block& block) {
  if (!push_existing(L, LuaClass<GraphBlock>::name, &block))
    push_new(L, LuaClass<GraphBlock>::name, std::make_shared<GraphBlock>(GraphBlock{graph, &block}), &block);
}

void open_block(lua_State* L) {
  define_class<GraphBlock>(L, {
                                  .methods = with_dtype_methods({{"freeze", guarded<freeze>},
                                                                 {"unfreeze", guarded<unfreeze>},
                                                                 {"to", guarded<to>},
                                                                 {"recompute", guarded<recompute>},
                                                                 {"parameters", guarded<parameters>}}),
                                  .index = index_block,
                                  .text = text_of_block,
                              });
}

}  // namespace orrery::lua
