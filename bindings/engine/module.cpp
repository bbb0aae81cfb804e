// The engine's Lua module: what `require "orrery"` opens when the first tensor is needed.
#include <torch/headeronly/version.h>

#include "bindings/border.h"
#include "bindings/engine/aten.h"
#include "bindings/engine/tensor.h"
#include "bindings/engine_door.h"
#include "bindings/lua_args.h"
#include "runtime/engine/device.h"
#include "runtime/engine/kernels/aten_operator.h"
#include "runtime/ops/operations.h"

namespace orrery::lua {
namespace {

int seed(lua_State* L) {
  // The draw log holds the seed already: a turn replays it now, before any draw that follows.
  Engine::Turn turn(engine(L));
  return 0;
}

// facts() → { libtorch =, threads =, cuda_devices = }: what `orrery doctor` tells
int facts(lua_State* L) {
  Engine& own = engine(L);
  lua_createtable(L, 0, 3);
  push_text(L, TORCH_VERSION);
  lua_setfield(L, -2, "libtorch");
  lua_pushnumber(L, own.threads());
  lua_setfield(L, -2, "threads");
  lua_pushnumber(L, cuda_device_count());
  lua_setfield(L, -2, "cuda_devices");
  return 1;
}

int open(lua_State* L) {
  if (border(L).owns_process) advise_allocator();
  Engine& own = engine(L);
  operations(*border(L).runtime).ask([&own](const std::string& name) { return operator_of(own, name); });
  lua_newtable(L);
  add_functions(L, {{"seed", guarded<seed>}, {"facts", guarded<facts>}});
  for (auto part : {open_tensor, open_creation, open_autograd, open_eager, open_aten, open_parameter_data,
                    open_updates, open_gradients, open_run, open_predictions, open_peek, open_files,
                    open_images, open_own_functions, open_own_metrics, open_epochs, open_own_data_functions})
    part(L);
  return 1;
}

}  // namespace
}  // namespace orrery::lua

extern "C" __attribute__((visibility("default"))) int orrery_engine_open(lua_State* L, orrery::Runtime*) {
  return orrery::lua::guarded<orrery::lua::open>(L);
}
