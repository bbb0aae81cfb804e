// A Parameter answers as the tensor that it holds; a tensor can stand where a Parameter is asked for.
#include <algorithm>

#include <ATen/ATen.h>

#include "bindings/engine/eager.h"
#include "bindings/engine/in_turn.h"
#include "bindings/engine/tensor_methods.h"
#include "bindings/lua_args.h"
#include "bindings/state.h"
#include "runtime/engine/kernels/layer_tensors.h"

namespace orrery::lua {
namespace {

// parameter_member(parameter, key): a method that takes the parameter as its first argument, or the
// tensor's property; nil when there is none.
int parameter_member(lua_State* L) {
  const std::string key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  for (const luaL_Reg& method : tensor_methods())
    if (key == method.name) return lua_pushcfunction(L, method.func), 1;
  if (lua_type(L, 2) == LUA_TSTRING && push_tensor_transform(L, 2)) return 1;
  push_tensor(L, read_tensor(L, 1, "a parameter"));
  lua_pushvalue(L, 2);
  lua_gettable(L, -2);
  return 1;
}

// parametrized_tensor(layer, slot): as the layer's parametrization computes it now
int parametrized_tensor(lua_State* L) {
  const auto layer = share<Layer>(L, 1);
  const std::string slot = read_string(L, 2, "parametrized_tensor", "a slot");
  push_tensor(L, in_turn(L, "computing a parametrized tensor", [&] {
                return orrery::parametrized_tensor(engine(L), *layer, slot, layer->training());
              }));
  return 1;
}

// set_parameter_member(parameter, key, value): as the tensor's
int set_parameter_member(lua_State* L) {
  push_tensor(L, read_tensor(L, 1, "a parameter"));
  lua_replace(L, 1);
  lua_settable(L, 1);
  return 0;
}

// move_to(owner, device): what it owns goes to a device
int move_to(lua_State* L) {
  const std::string name = read_string(L, 2, "to", "a device");
  const at::Device device = device_from_name(name);
  for (const Graph::Entry& entry : entries_at(L, 1, "to"))
    in_turn(L, "to", [&] { engine(L).move(entry.parameter, device); });
  return 0;
}

ParameterPtr holding(const at::Tensor& tensor, const std::string& name) {
  auto parameter = std::make_shared<Parameter>();
  const TensorType type = type_of(tensor);
  // Some of LibTorch's operators make them of odd arguments.
  check(std::ranges::all_of(tensor.sizes(), [](std::int64_t size) { return size >= 0; }), Fault::usage,
        "{} of the negative size {} holds nothing to compute with", name, str(type.shape));
  parameter->name = name;
  parameter->shape = type.shape;
  parameter->dtype = type.dtype;
  parameter->trainable = tensor.requires_grad();
  parameter->has_nan = tensor.is_floating_point() && tensor.isnan().any().item<bool>();
  parameter->data = boxed(tensor);
  return parameter;
}

// parameter_of_tensor(tensor): what an optimizer updates
int parameter_of_tensor(lua_State* L) {
  const at::Tensor tensor = read_tensor(L, 1, "an optimizer");
  check(tensor.is_leaf(), Fault::usage,
        "an optimizer updates leaf tensors, and this one was computed from others");
  check(tensor.requires_grad(), Fault::usage,
        "an optimizer updates tensors that require a gradient: call t:requires_grad_() first");
  return push(L, holding(tensor, "tensor")), 1;
}

// constant_of_tensor(tensor): the constant that it becomes in a graph
int constant_of_tensor(lua_State* L) {
  return push(L, holding(read_tensor(L, 1, "a constant").detach(), "constant")), 1;
}

// separate_tensor(parameter): it holds a copy of its own from now on
int separate_tensor(lua_State* L) {
  Parameter& parameter = get<Parameter>(L, 1);
  parameter.data = in_turn(L, "copying a constant", [&] {
    return boxed(unboxed(parameter.data).detach().clone(at::MemoryFormat::Contiguous));
  });
  return 0;
}

}  // namespace

void open_parameter_data(lua_State* L) {
  add_functions(L, {{"parameter_member", guarded<parameter_member>},
                    {"move_to", guarded<move_to>},
                    {"parametrized_tensor", guarded<parametrized_tensor>},
                    {"set_parameter_member", guarded<set_parameter_member>},
                    {"parameter_of_tensor", guarded<parameter_of_tensor>},
                    {"constant_of_tensor", guarded<constant_of_tensor>},
                    {"separate_tensor", guarded<separate_tensor>}});
}

}  // namespace orrery::lua
