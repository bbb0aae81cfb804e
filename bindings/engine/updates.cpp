// Optimizers stepped by the script: after loss:backward(), or inside a loop over manager:batches().
#include <c10/core/GradMode.h>

#include "bindings/engine/hand_run.h"
#include "bindings/engine/in_turn.h"
#include "bindings/lua_args.h"
#include "runtime/engine/training/executed.h"

namespace orrery::lua {
namespace {

// What the script's function at 2 returns now; called directly, so that its errors stay its own.
at::Tensor call_for_loss(lua_State* L) {
  const c10::AutoGradMode recorded(true);
  lua_pushvalue(L, 2);
  lua_call(L, 0, 1);
  check(is_tensor(L, -1), Fault::usage, "optimizer:step: the function must return the loss, got {}",
        type_name(L, -1));
  const at::Tensor loss = read_tensor(L, -1, "optimizer:step");
  lua_pop(L, 1);
  return loss;
}

// After loss:backward() in the function, as PyTorch's closures.
LossAndGradients evaluated(lua_State* L, const Updater& updater) {
  LossAndGradients evaluation{call_for_loss(L), {}};
  bool found = false;
  for (const at::Tensor& parameter : updater.parameters()) {
    evaluation.gradients.push_back(parameter.grad());
    found = found || parameter.grad().defined();
  }
  check(found, Fault::usage,
        "optimizer:step: the function left no gradients: it calls optimizer:zero_grad(), computes the loss, "
        "calls loss:backward() and returns the loss");
  return evaluation;
}

// optimizer_step(optimizer, function) → the first loss
int step_with_function(lua_State* L) {
  size_t place = 0;
  if (HandRun* hand = hand_run_of_optimizer(L, 1, place))
    return push_tensor(L, hand->call()->step(place, [L] { return call_for_loss(L); }).detach()), 1;
  const auto updater = executed(engine(L), get<Optimizer>(L, 1));
  const auto step = [&] { return updater->step_with([&] { return evaluated(L, *updater); }); };
  return push_tensor(L, in_turn_once(L, "optimizer:step", step).detach()), 1;
}

// optimizer_step(optimizer[, loss | function]): a loss belongs to a loop over manager:batches()
int optimizer_step(lua_State* L) {
  size_t place = 0;
  if (lua_isfunction(L, 2)) return step_with_function(L);
  if (!lua_isnoneornil(L, 2)) {
    HandRun* hand = hand_run_of_optimizer(L, 1, place);
    check(hand != nullptr, Fault::usage,
          "optimizer:step(loss): the optimizer belongs to no open loop over manager:batches(); "
          "call loss:backward(), then optimizer:step()");
    return hand->call()->step(place, read_tensor(L, 2, "optimizer:step")), 0;
  }
  const auto updater = executed(engine(L), get<Optimizer>(L, 1));
  return in_turn_once(L, "optimizer:step", [&] { updater->step(); }), 0;
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
