#include "bindings/border.h"
#include "bindings/engine/hand_run.h"
#include "bindings/lua_args.h"
#include "runtime/engine/training/lr_finder.h"

namespace orrery::lua {
namespace {

void set_numbers(lua_State* L, const char* key, const std::vector<double>& numbers) {
  push_value(L, numbers);
  lua_setfield(L, -2, key);
}

// manager:lr_find{…} → { lr = {…}, loss = {…}, suggestion = }
int manager_lr_find(lua_State* L) {
  const auto manager = share<Manager>(L, 1);
  const Attributes options = read_options(L, 2, lr_finder_attributes(), "manager:lr_find");
  const auto graph = ready_graph(L, 1);
  const LearningRates found = find_learning_rate(*border(L).runtime, *graph, *manager, options);
  lua_newtable(L);
  set_numbers(L, "lr", found.rates);
  set_numbers(L, "loss", found.losses);
  if (!found.suggestion) return 1;
  lua_pushnumber(L, *found.suggestion);
  lua_setfield(L, -2, "suggestion");
  return 1;
}

}  // namespace

void open_lr_find(lua_State* L) { add_functions(L, {{"manager_lr_find", guarded<manager_lr_find>}}); }

}  // namespace orrery::lua
