#include "bindings/engine/tensor_methods.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "bindings/engine/in_turn.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "runtime/ops/operations.h"

namespace orrery::lua {
namespace {

at::Tensor self(lua_State* L) { return read_tensor(L, 1, "a method of a tensor"); }

int returns_self(lua_State* L) { return lua_settop(L, 1), 1; }

int size(lua_State* L) {
  const at::Tensor tensor = self(L);
  if (lua_isnoneornil(L, 2)) return push_shape(L, type_of(tensor).shape), 1;
  const std::int64_t dim = read_integer(L, 2, "size", "a dimension");
  check(dim >= -tensor.dim() && dim < tensor.dim(), Fault::usage, "size: dimension {} is outside of {}", dim,
        str(type_of(tensor).shape));
  return lua_pushnumber(L, static_cast<double>(tensor.size(dim))), 1;
}

int rank(lua_State* L) { return lua_pushnumber(L, static_cast<double>(self(L).dim())), 1; }
int numel(lua_State* L) { return lua_pushnumber(L, static_cast<double>(self(L).numel())), 1; }

// One element of a tensor on the CPU.
void push_element(lua_State* L, const at::Tensor& element) {
  if (element.scalar_type() == at::kBool)
    lua_pushboolean(L, element.item<bool>());
  else
    lua_pushnumber(L, element.item<double>());
}

int item(lua_State* L) {
  const at::Tensor tensor = self(L);
  check(tensor.numel() == 1, Fault::usage, "item: only a tensor of one element is a number, got {}",
        str(type_of(tensor).shape));
  return in_turn(L, "item", [&] { push_element(L, tensor.detach().cpu().reshape({})); }), 1;
}

void push_list(lua_State* L, const at::Tensor& tensor) {
  luaL_checkstack(L, 3, "too many dimensions");
  if (tensor.dim() == 0) return push_element(L, tensor);
  lua_createtable(L, static_cast<int>(tensor.size(0)), 0);
  for (std::int64_t i = 0; i < tensor.size(0); ++i) {
    push_list(L, tensor[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
}

int tolist(lua_State* L) {
  const at::Tensor tensor = self(L);
  return in_turn(L, "tolist", [&] { push_list(L, tensor.detach().cpu()); }), 1;
}

template <class Change>
int changed(lua_State* L, const char* doing, Change change) {
  const at::Tensor tensor = self(L);
  return push_tensor(L, in_turn(L, doing, [&] { return change(tensor); })), 1;
}

int clone(lua_State* L) {
  return changed(L, "clone", [](const at::Tensor& t) { return t.clone(); });
}
int contiguous(lua_State* L) {
  return changed(L, "contiguous", [](const at::Tensor& t) { return t.contiguous(); });
}
int to_cpu(lua_State* L) {
  return changed(L, "cpu", [](const at::Tensor& t) { return t.cpu(); });
}

// t:cuda([index])
int to_cuda(lua_State* L) {
  const bool given = !lua_isnoneornil(L, 2);
  const std::string name =
      given ? fmt::format("cuda:{}", read_integer(L, 2, "cuda", "a device's number")) : "cuda";
  const at::Device device = device_from_name(name);
  return changed(L, "cuda", [&](const at::Tensor& t) { return t.to(device); });
}

template <DType Type>
int cast(lua_State* L) {
  return changed(L, "a cast", [](const at::Tensor& t) { return t.to(scalar_type(Type)); });
}

// t:to("cuda", "float64"), t:to{ device = "cuda", dtype = "float64", non_blocking = true, copy = true }
int to_both(lua_State* L) {
  const Descriptor& operation = operations().get("to");
  place_dtype(L, operation);
  Extras extras = extras_of_move();
  const Attributes asked = read_call(L, 1, operation, is_operand, "to", &extras).attributes;
  check(asked.has("device") || asked.has("dtype"), Fault::usage,
        "to: expected a dtype or a device, got neither");
  const bool unawaited = read_move_flag(L, extras, "non_blocking"),
             copies = read_move_flag(L, extras, "copy");
  const at::Tensor tensor = self(L);
  at::TensorOptions wanted = tensor.options();
  if (asked.has("device")) wanted = wanted.device(device_from_name(asked.text("device")));
  if (asked.has("dtype")) wanted = wanted.dtype(scalar_type(asked.dtype("dtype")));
  return changed(L, "to", [&](const at::Tensor& t) { return t.to(wanted, unawaited, copies); });
}

// t:to("float64"), t:to("cuda"), t:to(other)
int to(lua_State* L) {
  if (lua_gettop(L) > 2 || lua_istable(L, 2)) return to_both(L);
  if (is_tensor(L, 2)) {
    const at::Tensor other = read_tensor(L, 2, "to");
    return changed(L, "to", [&](const at::Tensor& t) { return t.to(other.options()); });
  }
  const std::string word = read_string(L, 2, "to", "a dtype or a device");
  if (const auto dtype = dtype_from_name(word))
    return changed(L, "to", [&](const at::Tensor& t) { return t.to(scalar_type(*dtype)); });
  const at::Device device = device_from_name(word);
  return changed(L, "to", [&](const at::Tensor& t) { return t.to(device); });
}

int equal(lua_State* L) {
  const at::Tensor tensor = self(L), other = read_tensor(L, 2, "equal");
  return lua_pushboolean(L, in_turn(L, "equal", [&] { return at::equal(tensor, other); })), 1;
}

// t:allclose(other[, rtol = 1e-5[, atol = 1e-8]])
int allclose(lua_State* L) {
  const at::Tensor tensor = self(L), other = read_tensor(L, 2, "allclose");
  const double relative = read_number(L, 3, "allclose", "rtol", 1e-5),
               absolute = read_number(L, 4, "allclose", "atol", 1e-8);
  return lua_pushboolean(
             L, in_turn(L, "allclose", [&] { return at::allclose(tensor, other, relative, absolute); })),
         1;
}

at::Tensor number_or_tensor(lua_State* L, int index, const char* function) {
  return lua_type(L, index) == LUA_TNUMBER ? at::scalar_tensor(lua_tonumber(L, index), at::kDouble)
                                           : read_tensor(L, index, function);
}

// t:copy_(other or number)
int copy_in_place(lua_State* L) {
  at::Tensor tensor = self(L);
  const at::Tensor other = number_or_tensor(L, 2, "copy_");
  return in_turn(L, "copy_", [&] { tensor.copy_(other); }), returns_self(L);
}

int zero_in_place(lua_State* L) {
  at::Tensor tensor = self(L);
  return in_turn(L, "zero_", [&] { tensor.zero_(); }), returns_self(L);
}

// t:fill_(number or tensor of one element)
int fill_in_place(lua_State* L) {
  at::Tensor tensor = self(L);
  const at::Tensor value = number_or_tensor(L, 2, "fill_");
  return in_turn(L, "fill_", [&] { tensor.fill_(value.squeeze()); }), returns_self(L);
}

// Draws: t:uniform_([low, high]), t:normal_([mean, std])
int uniform_in_place(lua_State* L) {
  at::Tensor tensor = self(L);
  const double low = read_number(L, 2, "uniform_", "low", 0), high = read_number(L, 3, "uniform_", "high", 1);
  return in_turn(L, "uniform_", [&] { tensor.uniform_(low, high); }), returns_self(L);
}
int normal_in_place(lua_State* L) {
  at::Tensor tensor = self(L);
  const double mean = read_number(L, 2, "normal_", "mean", 0),
               deviation = read_number(L, 3, "normal_", "std", 1);
  return in_turn(L, "normal_", [&] { tensor.normal_(mean, deviation); }), returns_self(L);
}

std::vector<luaL_Reg> all_methods() {
  std::vector<luaL_Reg> methods{{"size", guarded<size>},
                                {"dim", guarded<rank>},
                                {"numel", guarded<numel>},
                                {"item", guarded<item>},
                                {"tolist", guarded<tolist>},
                                {"clone", guarded<clone>},
                                {"contiguous", guarded<contiguous>},
                                {"cpu", guarded<to_cpu>},
                                {"cuda", guarded<to_cuda>},
                                {"to", guarded<to>},
                                {"equal", guarded<equal>},
                                {"allclose", guarded<allclose>},
                                {"float", guarded<cast<DType::float32>>},
                                {"double", guarded<cast<DType::float64>>},
                                {"half", guarded<cast<DType::float16>>},
                                {"long", guarded<cast<DType::int64>>},
                                {"int", guarded<cast<DType::int32>>},
                                {"bool", guarded<cast<DType::boolean>>},
                                {"copy_", guarded<copy_in_place>},
                                {"zero_", guarded<zero_in_place>},
                                {"fill_", guarded<fill_in_place>},
                                {"uniform_", guarded<uniform_in_place>},
                                {"normal_", guarded<normal_in_place>}};
  methods.insert(methods.end(), gradient_methods().begin(), gradient_methods().end());
  return methods;
}

}  // namespace

const std::vector<luaL_Reg>& tensor_methods() {
  static const std::vector<luaL_Reg> kMethods = all_methods();
  return kMethods;
}

}  // namespace orrery::lua
