#include "bindings/engine/tensor_operators.h"

#include <cmath>
#include <string_view>

#include <ATen/ATen.h>
#include <ATen/ScalarOps.h>

#include "bindings/engine/tensor.h"

namespace orrery::lua {
namespace {

// Looked up where it is needed: the long way is taken for values, for parameters, and to say what is wrong.
lua_CFunction long_way(std::string_view metamethod) {
  static const std::vector<luaL_Reg> kOperators = operators();
  for (const luaL_Reg& each : kOperators)
    if (metamethod == each.name) return each.func;
  return nullptr;
}

// Whole numbers keep integer tensors integer, as Python's integers do; no number raises a dtype within its
// kind.
at::Tensor operand(lua_State* L, int index, const TorchBox* box) {
  if (box) return box->tensor;
  const double number = lua_tonumber(L, index);
  const bool whole = std::trunc(number) == number && std::abs(number) < 0x1p53;
  return at::native::wrapped_scalar_tensor(whole ? at::Scalar(static_cast<std::int64_t>(number))
                                                 : at::Scalar(number));
}

struct Add {
  static constexpr const char* name = "__add";
  static at::Tensor of(const at::Tensor& a, const at::Tensor& b) { return at::add(a, b); }
};
struct Subtract {
  static constexpr const char* name = "__sub";
  static at::Tensor of(const at::Tensor& a, const at::Tensor& b) { return at::sub(a, b); }
};
struct Multiply {
  static constexpr const char* name = "__mul";
  static at::Tensor of(const at::Tensor& a, const at::Tensor& b) { return at::mul(a, b); }
};
struct Divide {
  static constexpr const char* name = "__div";
  static at::Tensor of(const at::Tensor& a, const at::Tensor& b) { return at::div(a, b); }
};

template <class Operation>
at::Tensor short_way(lua_State* L) {
  const TorchBox* a = is<TorchBox>(L, 1) ? &get<TorchBox>(L, 1) : nullptr;
  const TorchBox* b = is<TorchBox>(L, 2) ? &get<TorchBox>(L, 2) : nullptr;
  if ((!a && lua_type(L, 1) != LUA_TNUMBER) || (!b && lua_type(L, 2) != LUA_TNUMBER)) return {};
  const Engine::Turn turn(engine(L));
  try {
    return Operation::of(operand(L, 1, a), operand(L, 2, b));
  } catch (const std::exception&) {
    return {};
  }
}

template <class Operation>
int operate(lua_State* L) {
  at::Tensor result = short_way<Operation>(L);
  if (!result.defined()) return long_way(Operation::name)(L);
  return push_tensor(L, result), 1;
}

// Lua makes true or false of what `<` gives, so a tensor of answers cannot come out of it.
int refuse_order(lua_State*) {
  fail(Fault::usage, "'<' and '>' cannot compare tensors in Lua: write a:lt(b), a:le(b), a:gt(b), a:ge(b)");
}

}  // namespace

std::vector<luaL_Reg> tensor_operators() {
  std::vector<luaL_Reg> all{{"__add", guarded<operate<Add>>},      {"__sub", guarded<operate<Subtract>>},
                            {"__mul", guarded<operate<Multiply>>}, {"__div", guarded<operate<Divide>>},
                            {"__lt", guarded<refuse_order>},       {"__le", guarded<refuse_order>}};
  for (const char* name : {"__mod", "__pow", "__unm"}) all.push_back({name, long_way(name)});
  return all;
}

}  // namespace orrery::lua
