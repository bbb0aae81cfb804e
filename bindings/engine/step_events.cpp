// The part of LuaEvents that is told of the parts of a step.
#include <algorithm>
#include <array>

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include "bindings/engine/run_events.h"
#include "bindings/engine/tensor.h"
#include "bindings/lua_args.h"

namespace orrery::lua {

bool LuaEvents::wants_parts_of_steps() const {
  return std::ranges::any_of(
      std::array{"before_zero_grad", "before_backward", "after_backward", "before_optimizer_step"},
      [&](const char* name) { return anyone_has(name); });
}

void LuaEvents::before_zero_grad() { tell("before_zero_grad", place_); }
void LuaEvents::after_backward() { tell("after_backward", place_); }

bool LuaEvents::looks_before_update() const {
  return anyone_has("after_backward") || anyone_has("before_optimizer_step");
}

void LuaEvents::before_backward(const std::vector<at::Tensor>& losses) {
  tell("before_backward", [&] {
    push_step_place();
    lua_newtable(L_);
    for (size_t i = 0; i < losses.size(); ++i) {
      push_tensor(L_, losses[i]);
      lua_rawseti(L_, -2, static_cast<int>(i) + 1);
    }
    lua_setfield(L_, -2, "losses");
  });
}

// The gradients may share memory with each other, so the script gets copies, and what it leaves is read
// back.
void LuaEvents::before_optimizer_step(const OptimizerStep& step) {
  const char* name = "before_optimizer_step";
  if (!anyone_has(name)) return;
  const StackGuard guard(L_);
  lua_checkstack(L_, LUA_MINSTACK);
  lua_newtable(L_);
  const int gradients = lua_gettop(L_);
  for (size_t i = 0; i < step.keys.size(); ++i) {
    if (!step.gradients[i].defined()) continue;
    push_tensor(L_, step.gradients[i].clone());
    lua_setfield(L_, gradients, step.keys[i].c_str());
  }
  tell(name, [&] {
    push_step_place();
    lua_pushnumber(L_, static_cast<double>(step.optimizer + 1));
    lua_setfield(L_, -2, "optimizer");
    lua_pushvalue(L_, gradients);
    lua_setfield(L_, -2, "gradients");
  });
  lua_settop(L_, gradients);
  read_gradients(step);
}

// From the table on top.
void LuaEvents::read_gradients(const OptimizerStep& step) {
  for (size_t i = 0; i < step.keys.size(); ++i) {
    at::Tensor& gradient = step.gradients[i];
    if (!gradient.defined()) continue;
    const std::string who = "callback before_optimizer_step: the gradient of " + step.keys[i];
    lua_getfield(L_, -1, step.keys[i].c_str());
    check(is_tensor(L_, -1), Fault::usage, "{} must be a tensor, got {}", who, type_name(L_, -1));
    const at::Tensor given = read_tensor(L_, lua_gettop(L_), who).detach();
    check(given.sizes() == gradient.sizes(), Fault::usage, "{} has shape ({}), and the parameter ({})", who,
          fmt::join(given.sizes(), ", "), fmt::join(gradient.sizes(), ", "));
    gradient = given.to(gradient.options());
    lua_pop(L_, 1);
  }
}

}  // namespace orrery::lua
