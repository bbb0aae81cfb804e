// The class Tensor: what can be asked of it, and its arithmetic.
#include <map>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/function.h>

#include "bindings/engine/aten.h"
#include "bindings/engine/eager.h"
#include "bindings/engine/in_turn.h"
#include "bindings/engine/tensor_methods.h"
#include "bindings/engine/tensor_operators.h"
#include "bindings/engine/tensor_parts.h"
#include "bindings/engine/tensor_text.h"
#include "bindings/lua_args.h"
#include "runtime/core/names.h"
#include "runtime/ops/operations.h"

namespace orrery::lua {
namespace {

using Property = void (*)(lua_State*, const at::Tensor&);

const std::map<std::string, Property>& properties() {
  static const std::map<std::string, Property> kProperties{
      {"shape", [](lua_State* L, const at::Tensor& t) { push_shape(L, type_of(t).shape); }},
      {"dtype",
       [](lua_State* L, const at::Tensor& t) { push_text(L, std::string(name(dtype_of(t.scalar_type())))); }},
      {"device", [](lua_State* L, const at::Tensor& t) { push_text(L, t.device().str()); }},
      {"requires_grad", [](lua_State* L, const at::Tensor& t) { lua_pushboolean(L, t.requires_grad()); }},
      {"is_leaf", [](lua_State* L, const at::Tensor& t) { lua_pushboolean(L, t.is_leaf()); }},
      {"is_cuda", [](lua_State* L, const at::Tensor& t) { lua_pushboolean(L, t.is_cuda()); }},
      {"grad_fn",
       [](lua_State* L, const at::Tensor& t) {
         t.grad_fn() ? push_text(L, t.grad_fn()->name()) : lua_pushnil(L);
       }},
      {"ndim", [](lua_State* L, const at::Tensor& t) { lua_pushnumber(L, static_cast<double>(t.dim())); }},
      {"T", [](lua_State* L,
               const at::Tensor& t) { push_tensor(L, in_turn(L, "T", [&] { return t.numpy_T(); })); }},
      {"mT",
       [](lua_State* L, const at::Tensor& t) { push_tensor(L, in_turn(L, "mT", [&] { return t.mT(); })); }},
      {"mH",
       [](lua_State* L, const at::Tensor& t) { push_tensor(L, in_turn(L, "mH", [&] { return t.mH(); })); }},
      {"data", [](lua_State* L,
                  const at::Tensor& t) { push_tensor(L, in_turn(L, "data", [&] { return t.detach(); })); }},
      {"grad",
       [](lua_State* L, const at::Tensor& t) { push_tensor(L, t.is_leaf() ? t.grad() : at::Tensor()); }},
  };
  return kProperties;
}

[[noreturn]] void unknown_member(const std::string& key) {
  std::vector<std::string> names;
  for (const auto& [name, property] : properties()) names.push_back(name);
  for (const luaL_Reg& method : tensor_methods()) names.emplace_back(method.name);
  for (const auto& operation : operations().all())
    if (operation->kind == OperationKind::transform) names.push_back(operation->name);
  fail(Fault::usage, "a Tensor has no member '{}'{}", key, did_you_mean(key, names));
}

int index_tensor(lua_State* L) {
  if (lua_type(L, 2) != LUA_TSTRING) return take_part(L);
  if (push_tensor_transform(L, 2)) return 1;
  const std::string key = lua_tostring(L, 2);
  if (auto property = properties().find(key); property != properties().end())
    return property->second(L, get<TorchBox>(L, 1).tensor), 1;
  if (push_own_tensor_transform(L, key)) return 1;
  if (!push_aten_method(L, 2)) unknown_member(key);
  return 1;
}

// `p.grad = nil`, `t.requires_grad = true`, `t[0] = 5`
int set_member(lua_State* L) {
  if (lua_type(L, 2) != LUA_TSTRING) return set_part(L);
  at::Tensor& tensor = get<TorchBox>(L, 1).tensor;
  const std::string key = lua_tostring(L, 2);
  if (key == "grad") {
    const at::Tensor gradient = lua_isnil(L, 3) ? at::Tensor() : read_tensor(L, 3, "grad");
    check(!gradient.defined() || (gradient.sizes() == tensor.sizes() && gradient.dtype() == tensor.dtype()),
          Fault::usage, "grad must be like its tensor, {} {}, got {} {}", str(type_of(tensor).shape),
          name(type_of(tensor).dtype), gradient.defined() ? str(type_of(gradient).shape) : "",
          gradient.defined() ? name(type_of(gradient).dtype) : "");
    return in_turn(L, "setting grad", [&] { tensor.mutable_grad() = gradient; }), 0;
  }
  check(key == "requires_grad", Fault::usage,
        "a Tensor's '{}' cannot be set; only grad, requires_grad and parts can", key);
  check(lua_isboolean(L, 3), Fault::usage, "requires_grad must be true or false, got {}", type_name(L, 3));
  const bool wanted = lua_toboolean(L, 3) != 0;
  return in_turn(L, "requires_grad", [&] { tensor.requires_grad_(wanted); }), 0;
}

int length(lua_State* L) {
  const at::Tensor& tensor = get<TorchBox>(L, 1).tensor;
  check(tensor.dim() > 0, Fault::usage, "the length of a tensor without dimensions was asked for");
  return lua_pushnumber(L, static_cast<double>(tensor.size(0))), 1;
}

std::string text_of(void* box) { return tensor_text(static_cast<TorchBox*>(box)->tensor); }

}  // namespace

void open_tensor(lua_State* L) {
  std::vector<luaL_Reg> metamethods = tensor_operators();
  metamethods.push_back({"__newindex", guarded<set_member>});
  metamethods.push_back({"__len", guarded<length>});
  define_class<TorchBox>(L, {.methods = tensor_methods(),
                             .metamethods = std::move(metamethods),
                             .index = index_tensor,
                             .text = text_of,
                             .released = forget_tensor});
}

}  // namespace orrery::lua
