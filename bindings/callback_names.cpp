#include "bindings/callback_names.h"

#include <algorithm>

#include "bindings/objects.h"
#include "runtime/core/error.h"
#include "runtime/core/names.h"

namespace orrery::lua {
namespace {

void check_table(lua_State* L, int callbacks) {
  check(lua_istable(L, callbacks), Fault::usage,
        "manager: callbacks must be a table of functions or a list of such tables, got {}",
        type_name(L, callbacks));
  lua_pushnil(L);
  while (lua_next(L, callbacks)) {
    const std::string name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
    const auto& names = callback_names();
    check(std::ranges::find(names, name) != names.end(), Fault::usage, "manager: unknown callback '{}'{}",
          name, did_you_mean(name, names));
    check(lua_isfunction(L, -1), Fault::usage, "manager: callback {} must be a function, got {}", name,
          type_name(L, -1));
    lua_pop(L, 1);
  }
}

bool has_function(lua_State* L, int callbacks, const char* name) {
  lua_getfield(L, callbacks, name);
  const bool has = !lua_isnil(L, -1);
  lua_pop(L, 1);
  return has;
}

bool table_looks_before_update(lua_State* L, int callbacks) {
  return has_function(L, callbacks, "after_backward") || has_function(L, callbacks, "before_optimizer_step");
}

}  // namespace

const std::vector<std::string>& callback_names() {
  static const std::vector<std::string> names{"train_start",
                                              "train_end",
                                              "epoch_start",
                                              "epoch_end",
                                              "batch_start",
                                              "batch_end",
                                              "validation_start",
                                              "validation_end",
                                              "sanity_check_start",
                                              "sanity_check_end",
                                              "validation_batch_start",
                                              "validation_batch_end",
                                              "test_end",
                                              "before_zero_grad",
                                              "before_backward",
                                              "after_backward",
                                              "before_optimizer_step",
                                              "exception",
                                              "checkpoint_saved",
                                              "checkpoint_loaded",
                                              "state_dict",
                                              "load_state_dict"};
  return names;
}

void check_callbacks(lua_State* L, int index) {
  const int count = lua_istable(L, index) ? static_cast<int>(lua_objlen(L, index)) : 0;
  if (count == 0) return check_table(L, index);
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, index, i);
    check_table(L, lua_gettop(L));
    lua_pop(L, 1);
  }
}

bool look_before_update(lua_State* L, int index) {
  if (index == 0) return false;
  const int count = static_cast<int>(lua_objlen(L, index));
  if (count == 0) return table_looks_before_update(L, index);
  bool any = false;
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, index, i);
    any = any || table_looks_before_update(L, lua_gettop(L));
    lua_pop(L, 1);
  }
  return any;
}

}  // namespace orrery::lua
