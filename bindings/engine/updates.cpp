// Optimizers stepped by the script: after loss:backward(), or inside a loop over manager:batches().
#include "bindings/engine/hand_run.h"
#include "bindings/engine/in_turn.h"
#include "bindings/lua_args.h"
#include "runtime/engine/training/executed.h"

namespace orrery::lua {
namespace {

// optimizer_step(optimizer[, loss]): a loss belongs to a loop over manager:batches()
int optimizer_step(lua_State* L) {
  size_t place = 0;
  if (!lua_isnoneornil(L, 2)) {
    HandRun* hand = hand_run_of_optimizer(L, 1, place);
    check(hand != nullptr, Fault::usage,
          "optimizer:step(loss): the optimizer belongs to no open loop over manager:batches(); "
          "call loss:backward(), then optimizer:step()");
    return hand->run->step(place, read_tensor(L, 2, "optimizer:step")), 0;
  }
  const auto updater = executed(engine(L), get<Optimizer>(L, 1));
  return in_turn(L, "optimizer:step", [&] { updater->step(); }), 0;
}

// optimizer_zero_grad(optimizer): gradients are forgotten, as PyTorch's set_to_none does
int optimizer_zero_grad(lua_State* L) {
  const auto updater = executed(engine(L), get<Optimizer>(L, 1));
  return in_turn(L, "optimizer:zero_grad",
                 [&] {
                   for (at::Tensor parameter : updater->parameters()) parameter.mutable_grad() = at::Tensor();
                 }),
         0;
}

}  // namespace

void open_updates(lua_State* L) {
  add_functions(L, {{"optimizer_step", guarded<optimizer_step>},
                    {"optimizer_zero_grad", guarded<optimizer_zero_grad>}});
}

}  // namespace orrery::lua
