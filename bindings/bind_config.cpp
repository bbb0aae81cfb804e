#include "bindings/border.h"
#include "bindings/json.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"

namespace orrery::lua {
namespace {

void read_overrides(lua_State* L, const char* key, std::vector<Border::Override>& overrides) {
  lua_getfield(L, 1, key);
  if (lua_istable(L, -1)) {
    overrides.clear();
    for (int i = 1; i <= static_cast<int>(lua_objlen(L, -1)); ++i) {
      lua_rawgeti(L, -1, i);
      lua_getfield(L, -1, "key");
      lua_getfield(L, -2, "value");
      overrides.push_back({read_string(L, -2, "set_overrides", "a key"),
                           read_string(L, -1, "set_overrides", "a value"), false});
      lua_pop(L, 3);
    }
  }
  lua_pop(L, 1);
}

// core.set_overrides{ config = { {key=, value=}, … }, manager = { … } }
int set_overrides(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  read_overrides(L, "config", border(L).config_overrides);
  read_overrides(L, "manager", border(L).manager_overrides);
  return 0;
}

void push_overrides(lua_State* L, const std::vector<Border::Override>& overrides, bool only_unused) {
  lua_newtable(L);
  int at = 0;
  for (const Border::Override& each : overrides) {
    if (only_unused && each.used) continue;
    lua_createtable(L, 0, 2);
    push_text(L, each.key);
    lua_setfield(L, -2, "key");
    push_text(L, each.value);
    lua_setfield(L, -2, "value");
    lua_rawseti(L, -2, ++at);
  }
}

// core.config_overrides() → { {key=, value=}, … }
int config_overrides(lua_State* L) { return push_overrides(L, border(L).config_overrides, false), 1; }

// core.unused_overrides() → those of config, those of the manager that nothing read
int unused_overrides(lua_State* L) {
  push_overrides(L, border(L).config_overrides, true);
  push_overrides(L, border(L).manager_overrides, true);
  return 2;
}

// core.keep_config(config): what the history keeps; all overrides were used
int keep_config(lua_State* L) {
  lua_settop(L, 1);
  border(L).script.config_json = json_of(L, 1);
  for (Border::Override& each : border(L).config_overrides) each.used = true;
  return 0;
}

// core.json(value) → text, also after a stop: a program that reads lines must get the last one
int json(lua_State* L) {
  lua_settop(L, 1);
  return push_text(L, json_of(L, 1)), 1;
}

}  // namespace

void open_config(lua_State* L) {
  add_functions(L, {{"set_overrides", guarded<set_overrides>},
                    {"config_overrides", guarded<config_overrides>},
                    {"unused_overrides", guarded<unused_overrides>},
                    {"keep_config", guarded<keep_config>},
                    {"json", guarded_always<json>}});
}

}  // namespace orrery::lua
