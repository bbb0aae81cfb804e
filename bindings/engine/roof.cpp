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

void push_rates(lua_State* L, const RoofRecord& roof) {
  lua_createtable(L, 0, 7);
  push_text(L, roof.device);
  lua_setfield(L, -2, "device");
  set_rate(L, "threads", static_cast<double>(roof.threads));
  set_rate(L, "gflop_per_second", roof.gflop_per_second);
  set_rate(L, "gb_per_second", roof.gb_per_second);
}

// measure_roofs(history or nil, again) → { { device =, threads =, gflop_per_second =, gb_per_second =,
// cores =, others =, disturbed =, kept = what the history has now or nil }, … }.
int measure(lua_State* L) {
  const std::string history = lua_isnoneornil(L, 1) ? "" : read_string(L, 1, "measure_roofs", "a path");
  const bool again = lua_toboolean(L, 2);
  const std::vector<MeasuredRoof> roofs = measure_roofs(engine(L));
  lua_createtable(L, static_cast<int>(roofs.size()), 0);
  for (std::size_t i = 0; i < roofs.size(); ++i) {
    const MeasuredRoof& each = roofs[i];
    push_rates(L, each.roof);
    set_rate(L, "cores", each.cores);
    set_rate(L, "others", each.others);
    lua_pushboolean(L, each.is_disturbed());
    lua_setfield(L, -2, "disturbed");
    if (!history.empty())
      if (const auto kept = keep_better_roof(history, machine_here(), each.roof, each.is_disturbed(), again,
                                             machine_clock())) {
        push_rates(L, *kept);
        lua_setfield(L, -2, "kept");
      }
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  return 1;
}

}  // namespace

void open_roof(lua_State* L) { add_functions(L, {{"measure_roofs", guarded<measure>}}); }

}  // namespace orrery::lua
