// Optimizers stepped by the script: after loss:backward(), or inside a loop over manager:batches().
#include "bindings/engine/hand_run.h"
#include "bindings/engine/in_turn.h"
#include "bindings/lua_args.h"
#include "runtime/engine/training/updater.h"

namespace orrery::lua {

/// The executed form of an optimizer that a script steps by itself; lies in the optimizer's fields.
template <>
struct LuaClass<Updater> {
  static constexpr const char* name = "Updater";
};

namespace {

std::shared_ptr<Updater> make_updater(lua_State* L, const Optimizer& optimizer) {
  std::vector<UpdateGroup> groups;
  for (const ParameterGroup& group : optimizer.groups()) {
    UpdateGroup made{{}, {}, group.options};
    for (const ParameterPtr& parameter : Optimizer::parameters(group)) {
      made.keys.push_back(std::to_string(made.keys.size()) + "." + parameter->name);
      made.parameters.push_back(engine(L).tensor(parameter));
    }
    groups.push_back(std::move(made));
  }
  return Updater::make(optimizer.kind(), std::move(groups));
}

Updater& updater_of(lua_State* L) {
  StackGuard guard(L);
  push_fields(L, 1);
  lua_getfield(L, -1, "updater");
  if (lua_isnil(L, -1)) {
    push(L, make_updater(L, get<Optimizer>(L, 1)));
    lua_pushvalue(L, -1);
    lua_setfield(L, -4, "updater");
  }
  return get<Updater>(L, -1);
}

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
  Updater& updater = updater_of(L);
  return in_turn(L, "optimizer:step", [&] { updater.step(); }), 0;
}

// optimizer_zero_grad(optimizer): gradients are forgotten, as PyTorch's set_to_none does
int optimizer_zero_grad(lua_State* L) {
  Updater& updater = updater_of(L);
  return in_turn(L, "optimizer:zero_grad",
                 [&] {
                   for (at::Tensor parameter : updater.parameters()) parameter.mutable_grad() = at::Tensor();
                 }),
         0;
}

}  // namespace

void open_updates(lua_State* L) {
  define_class<Updater>(L, {});
  add_functions(L, {{"optimizer_step", guarded<optimizer_step>},
                    {"optimizer_zero_grad", guarded<optimizer_zero_grad>}});
}

}  // namespace orrery::lua
