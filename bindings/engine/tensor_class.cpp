// The class Tensor: what can be asked of it, and its arithmetic.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <map>

#include "bindings/engine/in_turn.h"
#include "bindings/engine/tensor_methods.h"
#include "bindings/engine/tensor_text.h"
#include "bindings/lua_args.h"
#include "runtime/core/names.h"
#include "runtime/ops/operations.h"

namespace orrery::lua {
namespace {

using Property = void (*)(lua_State*, const at::Tensor&);

void push_sizes(lua_State* L, at::IntArrayRef sizes) {
  lua_createtable(L, static_cast<int>(sizes.size()), 0);
  for (size_t i = 0; i < sizes.size(); ++i) {
    lua_pushnumber(L, static_cast<double>(sizes[i]));
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
}

const std::map<std::string, Property>& properties() {
  static const std::map<std::string, Property> kProperties{
      {"shape", [](lua_State* L, const at::Tensor& t) { push_sizes(L, t.sizes()); }},
      {"dtype", [](lua_State* L, const at::Tensor& t) { push_text(L, std::string(name(dtype_of(t.scalar_type())))); }},
      {"device", [](lua_State* L, const at::Tensor& t) { push_text(L, t.device().str()); }},
      {"requires_grad", [](lua_State* L, const at::Tensor& t) { lua_pushboolean(L, t.requires_grad()); }},
      {"is_leaf", [](lua_State* L, const at::Tensor& t) { lua_pushboolean(L, t.is_leaf()); }},
      {"grad", [](lua_State* L, const at::Tensor& t) { push_tensor(L, t.is_leaf() ? t.grad() : at::Tensor()); }},
  };
  return kProperties;
}

// `t[0]`, `t[{0, {2, 5}, {}}]`: a number takes one element, a pair a slice, `{}` all of it.
at::Tensor part(lua_State* L, at::Tensor tensor, std::int64_t& dim, int index) {
  if (!lua_istable(L, index)) return tensor.select(dim, read_integer(L, index, "indexing", "an element"));
  const int count = static_cast<int>(lua_objlen(L, index));
  check(count <= 3, Fault::usage, "indexing: a slice is {{start, end, step}}, got {} numbers", count);
  std::int64_t numbers[] = {0, INT64_MAX, 1};
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, index, i);
    numbers[i - 1] = read_integer(L, -1, "indexing", "an end of a slice");
    lua_pop(L, 1);
  }
  return tensor.slice(dim++, numbers[0], numbers[1], numbers[2]);
}

int index_by(lua_State* L) {
  at::Tensor tensor = get<TorchBox>(L, 1).tensor;
  return push_tensor(L, in_turn(L, "indexing", [&] {
    std::int64_t dim = 0;
    if (lua_type(L, 2) == LUA_TNUMBER) return part(L, tensor, dim, 2);
    at::Tensor result = tensor;
    for (int i = 1; i <= static_cast<int>(lua_objlen(L, 2)); ++i) {
      lua_rawgeti(L, 2, i);
      result = part(L, result, dim, lua_gettop(L));
      lua_pop(L, 1);
    }
    return result;
  })), 1;
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
  if (lua_type(L, 2) == LUA_TNUMBER || lua_istable(L, 2)) return index_by(L);
  check(lua_type(L, 2) == LUA_TSTRING, Fault::usage, "a Tensor is indexed by numbers and slices, got {}", type_name(L, 2));
  const std::string key = lua_tostring(L, 2);
  if (auto property = properties().find(key); property != properties().end())
    return property->second(L, get<TorchBox>(L, 1).tensor), 1;
  if (!push_transform_method(L, key)) unknown_member(key);
  return 1;
}

// `p.grad = nil`, `t.requires_grad = true`
int set_member(lua_State* L) {
  at::Tensor& tensor = get<TorchBox>(L, 1).tensor;
  const std::string key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (key == "grad") {
    const at::Tensor gradient = lua_isnil(L, 3) ? at::Tensor() : read_tensor(L, 3, "grad");
    return in_turn(L, "setting grad", [&] { tensor.mutable_grad() = gradient; }), 0;
  }
  check(key == "requires_grad", Fault::usage, "a Tensor's '{}' cannot be set; only grad and requires_grad can", key);
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
  std::vector<luaL_Reg> metamethods = operators();
  metamethods.push_back({"__newindex", guarded<set_member>});
  metamethods.push_back({"__len", guarded<length>});
  define_class<TorchBox>(L, {.methods = tensor_methods(),
                             .metamethods = std::move(metamethods),
                             .index = index_tensor,
                             .text = text_of,
                             .released = forget_tensor});
}

}  // namespace orrery::lua
