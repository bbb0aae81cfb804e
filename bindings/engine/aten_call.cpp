#include "bindings/engine/aten_call.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>

#include "bindings/engine/tensor.h"
#include "bindings/lua_ref.h"
#include "runtime/engine/device.h"
#include "runtime/engine/kernels/aten_operator.h"

namespace orrery::lua {
namespace {

using Kind = c10::TypeKind;

bool is_whole(lua_State* L, int index) {
  return lua_type(L, index) == LUA_TNUMBER && std::trunc(lua_tonumber(L, index)) == lua_tonumber(L, index) &&
         std::abs(lua_tonumber(L, index)) <= 0x1p53;
}

std::optional<c10::IValue> read_whole(lua_State* L, int index, const c10::TypePtr& real) {
  if (is_whole(L, index)) return static_cast<std::int64_t>(lua_tonumber(L, index));
  if (!real || real->kind() != Kind::ScalarTypeType || lua_type(L, index) != LUA_TSTRING) return std::nullopt;
  const auto dtype = dtype_from_name(lua_tostring(L, index));
  if (!dtype) return std::nullopt;
  return static_cast<std::int64_t>(scalar_type(*dtype));
}

std::optional<c10::IValue> read_number(lua_State* L, int index) {
  if (lua_isboolean(L, index)) return c10::IValue(at::Scalar(lua_toboolean(L, index) != 0));
  if (lua_type(L, index) != LUA_TNUMBER) return std::nullopt;
  if (is_whole(L, index)) return c10::IValue(static_cast<std::int64_t>(lua_tonumber(L, index)));
  return c10::IValue(lua_tonumber(L, index));
}

bool is_whole_list(const c10::Argument& argument) {
  if (argument.type()->kind() != Kind::ListType || argument.N()) return false;
  const Kind kind = argument.type()->castRaw<c10::ListType>()->getElementType()->kind();
  return kind == Kind::IntType || kind == Kind::SymIntType;
}

/// Reads the arguments of one call against schemas.
class CallReader {
 public:
  CallReader(lua_State* L, int last, Placeholders* placeholders)
      : L_(L), last_(last), placeholders_(placeholders) {
    if (last_ == 0 || !lua_istable(L, last_) || lua_objlen(L, last_) > 0) return;
    lua_pushnil(L);
    while (lua_next(L, last_)) {
      lua_pop(L, 1);
      if (lua_type(L, -1) != LUA_TSTRING) continue;
      named_ = last_;
      ++names_;
    }
    if (named_) --last_;
  }

  // The stack for a call; nothing when the arguments do not fit.
  std::optional<std::vector<c10::IValue>> match(const c10::FunctionSchema& schema) {
    std::vector<c10::IValue> stack;
    int at = 1, used = 0;
    for (const c10::Argument& argument : schema.arguments()) {
      auto value = next(argument, at, used);
      if (!value) return std::nullopt;
      stack.push_back(std::move(*value));
    }
    if (at <= last_ || used < names_) return std::nullopt;
    return stack;
  }

 private:
  std::optional<c10::IValue> next(const c10::Argument& argument, int& at, int& used) {
    if (!argument.kwarg_only() && at <= last_) return positional(argument, at);
    if (named_) {
      const StackGuard guard(L_);
      lua_getfield(L_, named_, argument.name().c_str());
      if (!lua_isnil(L_, -1)) return ++used, read(lua_gettop(L_), argument.type(), argument.real_type());
    }
    return argument.default_value();
  }

  // `t:expand(2, 3)`: the numbers that are left are the list.
  std::optional<c10::IValue> positional(const c10::Argument& argument, int& at) {
    if (!is_whole_list(argument) || lua_type(L_, at) != LUA_TNUMBER) {
      const int index = at++;
      if (lua_isnil(L_, index) && argument.default_value()) return argument.default_value();
      return read(index, argument.type(), argument.real_type());
    }
    c10::List<std::int64_t> list;
    for (; at <= last_ && is_whole(L_, at); ++at)
      list.push_back(static_cast<std::int64_t>(lua_tonumber(L_, at)));
    return c10::IValue(list);
  }

  // A node's tensors are known later.
  std::optional<c10::IValue> read_operand(int index) {
    if (!placeholders_) {
      if (!is<TorchBox>(L_, index) && !is<Parameter>(L_, index)) return std::nullopt;
      return c10::IValue(read_tensor(L_, index, "an operator"));
    }
    if (!is_operand(L_, index)) return std::nullopt;
    placeholders_->tensors.push_back(at::empty({0}));
    lua_pushvalue(L_, index);
    lua_rawseti(L_, placeholders_->operands, static_cast<int>(placeholders_->tensors.size()));
    return c10::IValue(placeholders_->tensors.back());
  }

  // The items of a list, each as the element's type; a single one stands for a list of one.
  std::optional<std::vector<c10::IValue>> read_items(int index, const c10::TypePtr& element) {
    std::vector<c10::IValue> items;
    if (!lua_istable(L_, index)) {
      const bool tensor = is_tensor(L_, index) || is<GraphValue>(L_, index);
      auto single = tensor ? std::nullopt : read(index, element, nullptr);
      if (!single) return std::nullopt;
      items.push_back(std::move(*single));
      return items;
    }
    luaL_checkstack(L_, 2, "too many values");
    for (int i = 1; i <= static_cast<int>(lua_objlen(L_, index)); ++i) {
      lua_rawgeti(L_, index, i);
      auto item = read(lua_gettop(L_), element, nullptr);
      lua_pop(L_, 1);
      if (!item) return std::nullopt;
      items.push_back(std::move(*item));
    }
    return items;
  }

  std::optional<c10::IValue> read_list(int index, const c10::TypePtr& element) {
    const auto items = read_items(index, element);
    c10::IValue list;
    if (!items || !make_list(*items, *element, list)) return std::nullopt;
    return list;
  }

  std::optional<c10::IValue> read(int index, const c10::TypePtr& type, const c10::TypePtr& real) {
    switch (type->kind()) {
      case Kind::OptionalType: {
        if (lua_isnoneornil(L_, index)) return c10::IValue();
        const auto& inner = type->castRaw<c10::OptionalType>()->getElementType();
        const bool wrapped = real && real->kind() == Kind::OptionalType;
        return read(index, inner, wrapped ? real->castRaw<c10::OptionalType>()->getElementType() : nullptr);
      }
      case Kind::TensorType: return read_operand(index);
      case Kind::IntType:
      case Kind::SymIntType: return read_whole(L_, index, real);
      case Kind::NumberType: return read_number(L_, index);
      case Kind::FloatType:
        if (lua_type(L_, index) != LUA_TNUMBER) return std::nullopt;
        return c10::IValue(static_cast<double>(lua_tonumber(L_, index)));
      case Kind::BoolType:
        if (!lua_isboolean(L_, index)) return std::nullopt;
        return c10::IValue(lua_toboolean(L_, index) != 0);
      case Kind::StringType:
        if (lua_type(L_, index) != LUA_TSTRING) return std::nullopt;
        return c10::IValue(std::string(lua_tostring(L_, index)));
      case Kind::DeviceObjType:
        if (lua_type(L_, index) != LUA_TSTRING) return std::nullopt;
        return c10::IValue(device_from_name(lua_tostring(L_, index)));
      case Kind::ListType: return read_list(index, type->castRaw<c10::ListType>()->getElementType());
      default: return std::nullopt;
    }
  }

  lua_State* L_;
  int last_;
  Placeholders* placeholders_;
  int named_ = 0;  // stack index of the named arguments, 0 without
  int names_ = 0;
};

}  // namespace

std::optional<std::vector<c10::IValue>> read_operator_call(lua_State* L, int last,
                                                           const c10::FunctionSchema& schema,
                                                           Placeholders* placeholders) {
  if (placeholders) placeholders->tensors.clear();
  return CallReader(L, last, placeholders).match(schema);
}

}  // namespace orrery::lua
