// What computes a function of the script as an operation: on tensors, and in a dry run on small ones.
#include "bindings/engine/own_function.h"

#include <ATen/ATen.h>

#include "bindings/border.h"
#include "bindings/engine/in_turn.h"
#include "bindings/engine/stopped.h"
#include "bindings/json.h"
#include "bindings/lua_args.h"
#include "runtime/engine/dry_run.h"
#include "runtime/engine/kernels/own_kernel.h"

namespace orrery::lua {
namespace {

/// Calls the function in each step of a graph.
class FunctionKernel : public OwnKernel {
 public:
  FunctionKernel(LuaTransform& transform, Runtime& runtime) : transform_(transform), runtime_(runtime) {}

  std::vector<at::Tensor> compute(const KernelContext& context) const override {
    const FunctionCall call = call_of(context);
    const std::vector<at::Tensor> inputs(context.inputs.begin(), context.inputs.end());
    if (!transform_.values->callable())
      throw Error(Fault::run, call.who + " is a Lua function, and it was called from another thread",
                  call.site);
    try {
      return transform_.backward ? call_with_backward(call, inputs) : call_function(call, inputs);
    } catch (const Error& error) {
      throw_if_stopped(runtime_, error.fault());
      throw;
    }
  }

 private:
  FunctionCall call_of(const KernelContext& context) const {
    FunctionCall call{transform_.shared_from_this(), context.attributes.text(kTransformArguments),
                      transform_.name};
    if (!context.node) return call;
    call.who = fmt::format("{} ({})", context.node->path(), context.node->operation());
    call.site = context.node->origin().site;
    return call;
  }

  LuaTransform& transform_;
  Runtime& runtime_;
};

std::vector<TensorType> tried(Engine& engine, LuaTransform& transform,
                              const std::vector<const TensorType*>& inputs, const std::string& arguments) {
  const DryRun dry(engine);
  return types_of(
      call_function({transform.shared_from_this(), arguments, transform.name}, sample_tensors(inputs)));
}

// equip_transform(transform)
int equip_transform(lua_State* L) {
  LuaTransform& transform = get<LuaTransform>(L, 1);
  Engine& own = engine(L);
  transform.kernel = std::make_shared<const FunctionKernel>(transform, *border(L).runtime);
  transform.trial = [&own, &transform](const auto& inputs, const std::string& arguments) {
    return tried(own, transform, inputs, arguments);
  };
  return 0;
}

// apply_own_gradient(transform, …)
int apply_own_gradient(lua_State* L) {
  const auto transform = share<LuaTransform>(L, 1);
  std::vector<at::Tensor> inputs;
  int at = 2;
  for (; at <= lua_gettop(L) && is_operand(L, at); ++at)
    inputs.push_back(read_tensor(L, at, transform->name));
  FunctionCall call{transform, read_arguments(L, at, transform->name), transform->name};
  return push_tensors(L,
                      in_turn(L, transform->name.c_str(), [&] { return call_with_backward(call, inputs); }));
}

}  // namespace

std::vector<at::Tensor> given_tensors(lua_State* L, int first, const std::string& who) {
  std::vector<at::Tensor> tensors;
  for (int i = first; i <= lua_gettop(L); ++i) {
    if (!is_tensor(L, i) && !is<Parameter>(L, i))
      throw LuaFailure(fmt::format("{} gave {} where it gives tensors", who, type_name(L, i)));
    tensors.push_back(read_tensor(L, i, who));
  }
  if (tensors.empty()) throw LuaFailure(who + " gave nothing where it gives tensors");
  return tensors;
}

std::vector<at::Tensor> call_function(const FunctionCall& call, const std::vector<at::Tensor>& inputs) {
  std::vector<at::Tensor> outputs;
  call.transform->call([&](lua_State* L) {
    call.transform->function.push(L);
    if (call.transform->backward) push_context(L, inputs);
    push_tensors(L, inputs);
    push_json_items(L, call.arguments);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    outputs = given_tensors(L, 1, "the function");
  });
  return outputs;
}

void open_own_functions(lua_State* L) {
  add_functions(L, {{"equip_transform", guarded<equip_transform>},
                    {"apply_own_gradient", guarded<apply_own_gradient>}});
}

}  // namespace orrery::lua
