#include "bindings/render/read_theme.h"

#include "bindings/json.h"
#include "bindings/lua_args.h"
#include "bindings/lua_object.h"
#include "renderers/diagram/overlay_of_graph.h"
#include "runtime/core/error.h"
#include "runtime/core/names.h"
#include "runtime/files/read_file.h"

namespace orrery::lua {
namespace {

std::string text_of_value(lua_State* L, const std::string& key) {
  if (lua_isboolean(L, -1)) return lua_toboolean(L, -1) ? "true" : "false";
  check(lua_isstring(L, -1), Fault::usage, "theme: {} must be a text, a number or a truth value, got {}", key,
        type_name(L, -1));
  lua_pushvalue(L, -1);  // a number would become a text in the table
  const std::string text = lua_tostring(L, -1);
  lua_pop(L, 1);
  return text;
}

void read_changes(lua_State* L, int table, RenderOptions& options) {
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
    check(lua_type(L, -2) == LUA_TSTRING, Fault::usage,
          "theme: expected names as keys, such as background, got {}", type_name(L, -2));
    const std::string key = lua_tostring(L, -2);
    const std::string value = text_of_value(L, key);
    if (key == "base")
      options.theme = value;
    else
      options.theme_changes.emplace_back(key, value);
  }
}

std::map<std::string, double> read_amounts(lua_State* L, int table, const char* field) {
  std::map<std::string, double> amounts;
  lua_getfield(L, table, field);
  check(lua_isnil(L, -1) || lua_istable(L, -1), Fault::usage, "overlay: {} must be a table, got {}", field,
        type_name(L, -1));
  if (lua_istable(L, -1))
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
      check(lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TNUMBER, Fault::usage,
            "overlay: {} holds numbers by path", field);
      amounts[lua_tostring(L, -2)] = lua_tonumber(L, -1);
    }
  lua_pop(L, 1);
  return amounts;
}

std::string read_field(lua_State* L, int table, const char* field) {
  lua_getfield(L, table, field);
  check(lua_isstring(L, -1), Fault::usage, "overlay: {} must be a text, got {}", field, type_name(L, -1));
  const std::string text = lua_tostring(L, -1);
  lua_pop(L, 1);
  return text;
}

Overlay measured(lua_State* L, int table) {
  Overlay overlay{.title = read_field(L, table, "title"), .unit = read_field(L, table, "unit")};
  lua_getfield(L, table, "adds");
  overlay.adds = lua_isnil(L, -1) || lua_toboolean(L, -1);
  lua_pop(L, 1);
  overlay.nodes = read_amounts(L, table, "nodes");
  overlay.blocks = read_amounts(L, table, "blocks");
  overlay.total = read_amounts(L, table, "total");
  return overlay;
}

}  // namespace

void read_theme(lua_State* L, int index, RenderOptions& options) {
  if (lua_istable(L, index)) return read_changes(L, index, options);
  options.theme = read_string(L, index, "render", "theme: a name or a table");
}

Cues read_cues_at(lua_State* L, int index) {
  constexpr std::uint64_t kLargest = 16 << 20;
  if (lua_istable(L, index)) return read_cues(json_of(L, index), "cues");
  const std::string file = read_string(L, index, "render", "cues: a file or a table");
  return read_cues(read_text(file, kLargest), "cues: " + file);
}

Overlay read_overlay(lua_State* L, int index, const Graph& graph) {
  if (lua_istable(L, index)) return measured(L, index);
  const std::string word = read_string(L, index, "render", "overlay: a quantity");
  if (word == "flops") return flops_overlay(graph);
  if (word == "parameters") return parameters_overlay(graph);
  fail(Fault::usage, "overlay: the graph alone tells 'flops' and 'parameters', got '{}'{}", word,
       did_you_mean(word, {"flops", "parameters"}));
}

}  // namespace orrery::lua
