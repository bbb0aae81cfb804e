// Gradients: tensor:backward(), orrery.grad, orrery.no_grad.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include "bindings/engine/in_turn.h"
#include "bindings/engine/tensor_methods.h"
#include "bindings/lua_args.h"

namespace orrery::lua {
namespace {

int returns_self(lua_State* L) { return lua_settop(L, 1), 1; }

// loss:backward([gradient][, { retain_graph = false, create_graph = false }])
int backward(lua_State* L) {
  static const std::vector<Attribute> kSchema{{.name = "retain_graph",
                                               .type = AttributeType::boolean,
                                               .doc = "the recorded graph stays for another backward",
                                               .value = false},
                                              {.name = "create_graph",
                                               .type = AttributeType::boolean,
                                               .doc = "the gradients can be differentiated again",
                                               .value = false}};
  const at::Tensor tensor = read_tensor(L, 1, "backward");
  const bool given = is_tensor(L, 2);
  const std::vector<at::Tensor> gradients =
      given ? std::vector{read_tensor(L, 2, "backward")} : std::vector<at::Tensor>{};
  const Attributes options = read_options(L, given ? 3 : 2, kSchema, "backward");
  check(tensor.requires_grad(), Fault::run,
        "backward: the tensor does not depend on anything that requires a gradient");
  check(
      given || tensor.numel() == 1, Fault::run,
      "backward: a loss is one number, got shape {}; reduce it with :sum() or :mean(), or give the gradient",
      str(type_of(tensor).shape));
  const bool create = options.boolean("create_graph");
  in_turn_once(L, "backward", [&] {
    torch::autograd::backward({tensor}, gradients, options.boolean("retain_graph") || create, create);
  });
  return 0;
}

int requires_grad(lua_State* L) {
  at::Tensor tensor = read_tensor(L, 1, "requires_grad_");
  const bool wanted = lua_isnoneornil(L, 2) || lua_toboolean(L, 2);
  return in_turn(L, "requires_grad_", [&] { tensor.requires_grad_(wanted); }), returns_self(L);
}

std::vector<at::Tensor> read_list(lua_State* L, int index, const char* function) {
  if (!lua_istable(L, index)) return {read_tensor(L, index, function)};
  std::vector<at::Tensor> tensors;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    tensors.push_back(read_tensor(L, lua_gettop(L), function));
    lua_pop(L, 1);
  }
  return tensors;
}

const std::vector<Attribute>& grad_schema() {
  static const std::vector<Attribute> kSchema{{.name = "retain_graph",
                                               .type = AttributeType::boolean,
                                               .doc = "the recorded graph stays; none: as create_graph"},
                                              {.name = "create_graph",
                                               .type = AttributeType::boolean,
                                               .doc = "the gradients can be differentiated again",
                                               .value = false},
                                              {.name = "allow_unused",
                                               .type = AttributeType::boolean,
                                               .doc = "nil for an input that the outputs do not depend on",
                                               .value = true}};
  return kSchema;
}

// orrery.grad(outputs, inputs[, { grad_outputs =, retain_graph =, create_graph =, allow_unused = true }]) → a
// gradient per input, nil where there is none
int grad(lua_State* L) {
  const std::vector<at::Tensor> outputs = read_list(L, 1, "grad"), inputs = read_list(L, 2, "grad");
  Extras extras{{"grad_outputs", 0}};
  const Attributes options = read_options(L, 3, grad_schema(), "grad", &extras);
  const int given = extras.at("grad_outputs");
  const std::vector<at::Tensor> directions = given ? read_list(L, given, "grad") : std::vector<at::Tensor>{};
  check(!given || directions.size() == outputs.size(), Fault::usage,
        "grad: grad_outputs must be as many as the outputs, {}, got {}", outputs.size(), directions.size());
  for (const at::Tensor& input : inputs)
    check(input.requires_grad(), Fault::run, "grad: an input does not require a gradient");
  const bool create = options.boolean("create_graph");
  const bool retain = options.has("retain_graph") ? options.boolean("retain_graph") : create;
  return push_tensors(L, in_turn(L, "grad", [&] {
                        return torch::autograd::grad(outputs, inputs, directions, retain, create,
                                                     options.boolean("allow_unused"));
                      }));
}

// Layers, modules and models are called as functions are. C data have __call too, whatever they are.
bool can_be_called(lua_State* L, int index) {
  if (lua_isfunction(L, index)) return true;
  if (!lua_istable(L, index) && !lua_isuserdata(L, index)) return false;
  if (luaL_getmetafield(L, index, "__call") == 0) return false;
  lua_pop(L, 1);
  return true;
}

// orrery.no_grad(fn, …): calls fn without recording; what was before holds again, whatever happens
int no_grad(lua_State* L) {
  check(can_be_called(L, 1), Fault::usage, "no_grad: expected a function, got {}", type_name(L, 1));
  const c10::NoGradGuard guard;
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

}  // namespace

const std::vector<luaL_Reg>& gradient_methods() {
  static const std::vector<luaL_Reg> kMethods{{"backward", guarded<backward>},
                                              {"requires_grad_", guarded<requires_grad>}};
  return kMethods;
}

void open_autograd(lua_State* L) {
  add_functions(L, {{"grad", guarded<grad>}, {"no_grad", guarded<no_grad>}});
}

}  // namespace orrery::lua
