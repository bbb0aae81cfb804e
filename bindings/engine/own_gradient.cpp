// The context of a function with its own backward, and how autograd records it. As torch.autograd.Function:
// forward(ctx, …) and backward(ctx, gradients…), which gives one gradient per input, nil for none.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "bindings/border.h"
#include "bindings/engine/own_function.h"
#include "bindings/json.h"
#include "bindings/lua_args.h"
#include "bindings/lua_ref.h"

namespace orrery::lua {
namespace {

constexpr const char* kContextClass = "orrery.transform_context";
constexpr const char* kSaved = "saved_tensors";
constexpr const char* kNotDifferentiable = "non_differentiable";
constexpr const char* kLuaSide = "lua";  // its place among the saved data

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Methods of a context.

int set_list(lua_State* L, const char* field) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const int count = lua_gettop(L) - 1;
  for (int i = 2; i <= count + 1; ++i)
    check(is_tensor(L, i) || is<Parameter>(L, i), Fault::usage, "ctx: expected tensors, got {}",
          type_name(L, i));
  lua_createtable(L, count, 0);
  for (int i = 1; i <= count; ++i) {
    lua_pushvalue(L, i + 1);
    lua_rawseti(L, -2, i);
  }
  return lua_setfield(L, 1, field), 0;
}

int save_for_backward(lua_State* L) { return set_list(L, kSaved); }
int mark_non_differentiable(lua_State* L) { return set_list(L, kNotDifferentiable); }

void push_context_class(lua_State* L) {
  if (!luaL_newmetatable(L, kContextClass)) return;
  lua_newtable(L);
  add_functions(L, {{"save_for_backward", guarded<save_for_backward>},
                    {"mark_non_differentiable", guarded<mark_non_differentiable>}});
  lua_setfield(L, -2, "__index");
}

// Takes a list of tensors out of the context at an index.
variable_list take_list(lua_State* L, int context, const char* field) {
  variable_list tensors;
  lua_getfield(L, context, field);
  for (int i = 1; lua_istable(L, -1) && i <= static_cast<int>(lua_objlen(L, -1)); ++i) {
    lua_rawgeti(L, -1, i);
    tensors.push_back(read_tensor(L, lua_gettop(L), "ctx"));
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  lua_pushnil(L);
  lua_setfield(L, context, field);
  return tensors;
}

void put_list(lua_State* L, int context, const char* field, const variable_list& tensors) {
  lua_createtable(L, static_cast<int>(tensors.size()), 0);
  for (size_t i = 0; i < tensors.size(); ++i) {
    push_tensor(L, tensors[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  lua_setfield(L, context, field);
}

/// What autograd keeps of a call beside its tensors. Dies on whatever thread lets the recorded graph go.
struct Recorded : torch::CustomClassHolder {
  explicit Recorded(const FunctionCall& made) : call(made) {}
  FunctionCall call;
  KeptValue context;
  size_t inputs = 0;
};

class OwnGradient : public torch::autograd::Function<OwnGradient> {
 public:
  static variable_list forward(AutogradContext* ctx, const FunctionCall& call, const at::TensorList& inputs) {
    auto recorded = c10::make_intrusive<Recorded>(call);
    recorded->inputs = inputs.size();
    variable_list outputs, saved, fixed;
    call.transform->call([&](lua_State* L) {
      push_context(L, inputs.vec());
      call.transform->function.push(L);
      lua_pushvalue(L, 1);
      push_tensors(L, inputs.vec());
      push_json_items(L, call.arguments);
      lua_call(L, lua_gettop(L) - 2, LUA_MULTRET);
      outputs = given_tensors(L, 2, "the function");
      saved = take_list(L, 1, kSaved);
      fixed = take_list(L, 1, kNotDifferentiable);
      recorded->context = KeptValue(L, 1, call.transform->values);
    });
    ctx->save_for_backward(saved);
    ctx->mark_non_differentiable(fixed);
    ctx->saved_data[kLuaSide] = c10::IValue::make_capsule(recorded);
    return outputs;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto held = ctx->saved_data.at(kLuaSide).toCapsule();
    const Recorded& recorded = static_cast<const Recorded&>(*held);
    const FunctionCall& call = recorded.call;
    if (!call.transform->values->callable())
      throw Error(Fault::run,
                  call.who +
                      ": its backward is a Lua function, and LibTorch asked for it on another thread "
                      "than the script's, as it does for tensors of CUDA",
                  call.site,
                  "Leave `backward` out, so that what the function does is recorded, or compute on the CPU.");
    try {
      variable_list found{at::Tensor()};  // the call itself, which is an argument of forward, has none
      for (at::Tensor& gradient : call_backward(recorded, ctx->get_saved_variables(), gradients))
        found.push_back(std::move(gradient));
      return found;
    } catch (const LuaFailure& failure) {
      throw Error(Fault::run, fmt::format("{}: its backward failed: {}", call.who, failure.what()),
                  call.site);
    }
  }

 private:
  static variable_list call_backward(const Recorded& recorded, const variable_list& saved,
                                     const variable_list& gradients) {
    variable_list found;
    const LuaTransform& transform = *recorded.call.transform;
    transform.call([&](lua_State* L) {
      transform.backward.push(L);
      recorded.context.push(L);
      put_list(L, 2, kSaved, saved);
      push_tensors(L, gradients);
      lua_call(L, static_cast<int>(gradients.size()) + 1, LUA_MULTRET);
      found = given_gradients(L, recorded.inputs);
    });
    return found;
  }

  // nil stands for no gradient; those of extra arguments may follow as nil.
  static variable_list given_gradients(lua_State* L, size_t inputs) {
    const auto given = static_cast<size_t>(lua_gettop(L));
    bool fits = given >= inputs;
    for (size_t i = inputs; i < given; ++i) fits = fits && lua_isnil(L, static_cast<int>(i) + 1);
    if (!fits)
      throw LuaFailure(
          fmt::format("it gave {} gradients for {} inputs (nil stands for none)", given, inputs));
    variable_list found;
    for (int i = 1; i <= static_cast<int>(inputs); ++i) {
      if (!lua_isnil(L, i) && !is_tensor(L, i))
        throw LuaFailure(fmt::format("it gave {} as gradient {}", type_name(L, i), i));
      found.push_back(lua_isnil(L, i) ? at::Tensor() : read_tensor(L, i, "backward"));
    }
    return found;
  }
};

}  // namespace

void push_context(lua_State* L, const std::vector<at::Tensor>& inputs) {
  lua_newtable(L);
  push_context_class(L);
  lua_setmetatable(L, -2);
  lua_createtable(L, static_cast<int>(inputs.size()), 0);
  for (size_t i = 0; i < inputs.size(); ++i) {
    lua_pushboolean(L, inputs[i].requires_grad());
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  lua_setfield(L, -2, "needs_input_grad");
}

std::vector<at::Tensor> call_with_backward(const FunctionCall& call, const std::vector<at::Tensor>& inputs) {
  return OwnGradient::apply(call, at::TensorList(inputs));
}

}  // namespace orrery::lua
