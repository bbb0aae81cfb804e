// The engine's Lua module: what `require "orrery"` opens when the first tensor is needed.
#include <unistd.h>

#include <torch/headeronly/version.h>

#include "bindings/border.h"
#include "bindings/engine/aten.h"
#include "bindings/engine/tensor.h"
#include "bindings/engine_door.h"
#include "bindings/lua_args.h"
#include "runtime/engine/device.h"
#include "runtime/engine/device_graphs.h"
#include "runtime/engine/kernels/aten_operator.h"
#include "runtime/engine/thread_choice.h"
#include "runtime/ops/operations.h"

namespace orrery::lua {
namespace {

int seed(lua_State* L) {
  // The draw log holds the seed already: a turn replays it now, before any draw that follows.
  Engine::Turn turn(engine(L));
  return 0;
}

void set_fact(lua_State* L, const char* name, const std::string& text) {
  push_text(L, text);
  lua_setfield(L, -2, name);
}

void set_fact(lua_State* L, const char* name, const char* text) { set_fact(L, name, std::string(text)); }

void set_fact(lua_State* L, const char* name, bool flag) {
  lua_pushboolean(L, flag);
  lua_setfield(L, -2, name);
}

void set_fact(lua_State* L, const char* name, int number) {
  lua_pushnumber(L, number);
  lua_setfield(L, -2, name);
}

// facts() → what `orrery doctor` tells
int facts(lua_State* L) {
  Engine& own = engine(L);
  const MklState& mkl = own.mkl();
  lua_createtable(L, 0, 19);
  set_fact(L, "libtorch", TORCH_VERSION);
  set_fact(L, "torch_folder", torch_folder());
  set_fact(L, "threads", own.threads());
  set_fact(L, "cores", allowed_cores());
  set_fact(L, "machine_cores", static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)));
  set_fact(L, "allocator_advised", border(L).owns_process && advise_allocator());
  set_fact(L, "mmap_threshold", kMmapThreshold);
  set_fact(L, "trim_threshold", kTrimThreshold);
  set_fact(L, "cuda_library", cuda_library_is_open());
  set_fact(L, "cuda_devices", cuda_device_count());
  set_fact(L, "no_cuda_graphs", cuda_device_count() > 0 ? graphs_library().why_not : "");
  set_fact(L, "processor_vendor", mkl.processor.vendor);
  set_fact(L, "processor", mkl.processor.name);
  set_fact(L, "avx2", mkl.processor.avx2);
  set_fact(L, "fma", mkl.processor.fma);
  set_fact(L, "avx512", mkl.processor.avx512);
  set_fact(L, "mkl_override", word(mkl.override));
  set_fact(L, "mkl_reason", mkl.reason);
  set_fact(L, "mkl_answered_by", mkl.answered_by);
  return 1;
}

int open(lua_State* L) {
  if (border(L).owns_process) advise_allocator();
  Engine& own = engine(L);
  operations(*border(L).runtime).ask([&own](const std::string& name) { return operator_of(own, name); });
  lua_newtable(L);
  add_functions(L, {{"seed", guarded<seed>}, {"facts", guarded<facts>}});
  for (auto part :
       {open_tensor,         open_creation,      open_autograd,    open_eager,  open_aten,
        open_parameter_data, open_updates,       open_gradients,   open_run,    open_predictions,
        open_compiled,       open_peek,          open_explain,     open_roof,   open_files,
        open_images,         open_own_functions, open_own_metrics, open_epochs, open_own_data_functions})
    part(L);
  return 1;
}

}  // namespace
}  // namespace orrery::lua

extern "C" __attribute__((visibility("default"))) int orrery_engine_open(lua_State* L, orrery::Runtime*) {
  return orrery::lua::guarded<orrery::lua::open>(L);
}
