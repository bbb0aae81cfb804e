// How two graphs differ: what `orrery diff` tells in words.
#include "bindings/border.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "runtime/graph/graph_diff.h"

namespace orrery::lua {
namespace {

using Entry = GraphDiff::Entry;

void set_word(lua_State* L, const char* key, std::string_view text) {
  push_text(L, std::string(text));
  lua_setfield(L, -2, key);
}

// Places count from 1, as Lua's lists do.
void set_place(lua_State* L, const char* key, int place) {
  if (place < 0) return;
  lua_pushinteger(L, place + 1);
  lua_setfield(L, -2, key);
}

void push_changes(lua_State* L, const std::vector<GraphDiff::Change>& changes) {
  lua_createtable(L, static_cast<int>(changes.size()), 0);
  for (size_t i = 0; i < changes.size(); ++i) {
    lua_createtable(L, 0, 3);
    set_word(L, "what", changes[i].what);
    set_word(L, "before", changes[i].before);
    set_word(L, "after", changes[i].after);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
}

void push_entry(lua_State* L, const Entry& entry) {
  lua_createtable(L, 0, 5);
  set_word(L, "kind", name(entry.kind));
  set_word(L, "path", entry.path);
  if (entry.before >= 0) set_word(L, "old_path", entry.old_path);
  set_place(L, "before", entry.before);
  set_place(L, "after", entry.after);
  push_changes(L, entry.changes);
  lua_setfield(L, -2, "changes");
}

void set_entries(lua_State* L, const char* key, const std::vector<Entry>& entries) {
  luaL_checkstack(L, 8, "too many values");
  lua_createtable(L, static_cast<int>(entries.size()), 0);
  for (size_t i = 0; i < entries.size(); ++i) {
    push_entry(L, entries[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  lua_setfield(L, -2, key);
}

// core.diff(before, after) → { blocks, nodes, outputs }, lists of { kind, path, before, after, changes }:
// kind is same, added, removed or changed; before and after are places among the blocks (the root is the
// first) and nodes of the graphs, as g:describe() lists nodes
int diff_graphs(lua_State* L) {
  const GraphDiff found = diff(get<Graph>(L, 1), get<Graph>(L, 2));
  lua_createtable(L, 0, 3);
  set_entries(L, "blocks", found.blocks);
  set_entries(L, "nodes", found.nodes);
  set_entries(L, "outputs", found.outputs);
  return 1;
}

}  // namespace

void open_diff(lua_State* L) { add_functions(L, {{"diff", guarded<diff_graphs>}}); }

}  // namespace orrery::lua
