// What the machine can do at the most.
#include "runtime/engine/roof.h"

#include "bindings/border.h"
#include "bindings/engine/tensor.h"
#include "bindings/lua_args.h"
#include "runtime/history/machine.h"

namespace orrery::lua {
namespace {

void set_rate(lua_State* L, const char* name, double number) {
  lua_pushnumber(L, number);
  lua_setfield(L, -2, name);
}

// measure_roofs(history or nil) → { { device =, threads =, gflop_per_second =, gb_per_second = }, … }; kept
// in the history too.
int measure(lua_State* L) {
  const std::string history = lua_isnoneornil(L, 1) ? "" : read_string(L, 1, "measure_roofs", "a path");
  const std::vector<RoofRecord> roofs = measure_roofs(engine(L));
  lua_createtable(L, static_cast<int>(roofs.size()), 0);
  for (std::size_t i = 0; i < roofs.size(); ++i) {
    const RoofRecord& roof = roofs[i];
    if (!history.empty()) keep_roof(history, machine_here(), roof, machine_clock());
    lua_createtable(L, 0, 4);
    push_text(L, roof.device);
    lua_setfield(L, -2, "device");
    set_rate(L, "threads", static_cast<double>(roof.threads));
    set_rate(L, "gflop_per_second", roof.gflop_per_second);
    set_rate(L, "gb_per_second", roof.gb_per_second);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  return 1;
}

}  // namespace

void open_roof(lua_State* L) { add_functions(L, {{"measure_roofs", guarded<measure>}}); }

}  // namespace orrery::lua
