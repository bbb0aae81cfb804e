// The engine's Lua module: what `require "orrery"` opens when the first tensor is needed.
#include "bindings/engine/tensor.h"
#include "bindings/engine_door.h"
#include "bindings/lua_args.h"

namespace orrery::lua {
namespace {

int seed(lua_State* L) {
  // The draw log holds the seed already: a turn replays it now, before any draw that follows.
  Engine::Turn turn(engine(L));
  return 0;
}

int open(lua_State* L) {
  engine(L);
  lua_newtable(L);
  add_functions(L, {{"seed", guarded<seed>}});
  for (auto part : {open_tensor, open_creation, open_autograd, open_eager, open_parameter_data, open_updates, open_run, open_files})
    part(L);
  return 1;
}

}  // namespace
}  // namespace orrery::lua

extern "C" __attribute__((visibility("default"))) int orrery_engine_open(lua_State* L, orrery::Runtime*) {
  return orrery::lua::guarded<orrery::lua::open>(L);
}
