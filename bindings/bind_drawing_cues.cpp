#include "bindings/block_function.h"
#include "bindings/drawing_cues.h"
#include "bindings/governed.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "runtime/core/error.h"
#include "runtime/graph/graph.h"

namespace orrery::lua {

Block& find_block(lua_State* L, Graph& graph, int index, const char* function) {
  if (is<GraphBlock>(L, index)) return *get<GraphBlock>(L, index).block;
  if (is<BlockFunction>(L, index)) {
    const BlockFunction& made = get<BlockFunction>(L, index);
    check(!made.blocks.empty(), Fault::usage, "{}: block '{}' has not been called yet", function, made.name);
    return *made.blocks.front();
  }
  return block_of_path(graph, read_string(L, index, function, "a block or its path"), function);
}

int tick(lua_State* L) {
  Graph& graph = get<Graph>(L, 1);
  graph.current_block().add_tick(static_cast<int>(graph.nodes().size()));
  return 0;
}

int tag(lua_State* L) {
  const GraphValue& tagged = get<GraphValue>(L, 2);
  check(tagged.graph.get() == &get<Graph>(L, 1), Fault::usage, "tag: the value {}",
        belonging(*tagged.graph, get<Graph>(L, 1)));
  tagged.value.node->cue().tags[tagged.value.output] = read_string(L, 3, "tag", "the words");
  return 0;
}

namespace {

void hide_one(lua_State* L, Graph& graph, int index) {
  if (!is<GraphValue>(L, index)) {
    find_block(L, graph, index, "hide").set_hidden(true);
    if (is<BlockFunction>(L, index))
      for (Block* each : get<BlockFunction>(L, index).blocks) each->set_hidden(true);
    return;
  }
  const GraphValue& hidden = get<GraphValue>(L, index);
  check(hidden.graph.get() == &graph, Fault::usage, "hide: the value {}", belonging(*hidden.graph, graph));
  hidden.value.node->cue().hide = true;
}

}  // namespace

int hide(lua_State* L) {
  Graph& graph = get<Graph>(L, 1);
  check(lua_gettop(L) >= 2, Fault::usage, "hide: expected a value, a block or its path");
  for (int i = 2; i <= lua_gettop(L); ++i) hide_one(L, graph, i);
  return 0;
}

int pause(lua_State* L) {
  auto& graph = get<Graph>(L, 1);
  check(lua_isfunction(L, 2), Fault::usage, "pause: expected a function, got {}", type_name(L, 2));
  const size_t before = graph.nodes().size();
  lua_call(L, lua_gettop(L) - 2, LUA_MULTRET);
  for (size_t i = before; i < graph.nodes().size(); ++i) graph.nodes()[i]->cue().hide = true;
  return lua_gettop(L) - 1;
}

}  // namespace orrery::lua
