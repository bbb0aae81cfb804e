#include "bindings/engine/aten.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>

#include "bindings/engine/in_turn.h"
#include "bindings/lua_args.h"
#include "runtime/core/names.h"
#include "runtime/engine/device.h"

namespace orrery::lua {
namespace {

using Kind = c10::TypeKind;

struct Overloads {
  std::string name;
  std::vector<c10::OperatorHandle> handles;  // those with the fewest arguments first
};

bool writes_to_out(const c10::FunctionSchema& schema) {
  return std::ranges::any_of(schema.arguments(),
                             [](const c10::Argument& argument) { return argument.is_out(); });
}

std::unordered_map<std::string, Overloads> all_overloads() {
  std::unordered_map<std::string, Overloads> all;
  for (const c10::OperatorName& name : c10::Dispatcher::singleton().getAllOpNames()) {
    if (!name.name.starts_with("aten::_") && name.name.starts_with("aten::")) {
      const auto handle = c10::Dispatcher::singleton().findSchema(name);
      if (!handle || writes_to_out(handle->schema())) continue;
      Overloads& overloads = all[name.name.substr(6)];
      overloads.name = name.name.substr(6);
      overloads.handles.push_back(*handle);
    }
  }
  for (auto& [name, overloads] : all)
    std::ranges::stable_sort(overloads.handles, {}, [](const c10::OperatorHandle& handle) {
      return std::pair(handle.schema().arguments().size(), handle.schema().overload_name());
    });
  return all;
}

const Overloads* overloads_of(const std::string& name) {
  static const auto kAll = all_overloads();
  const auto found = kAll.find(name);
  return found == kAll.end() ? nullptr : &found->second;
}

bool is_whole(lua_State* L, int index) {
  return lua_type(L, index) == LUA_TNUMBER && std::trunc(lua_tonumber(L, index)) == lua_tonumber(L, index) &&
         std::abs(lua_tonumber(L, index)) <= 0x1p53;
}

std::optional<c10::IValue> read(lua_State* L, int index, const c10::TypePtr& type, const c10::TypePtr& real);

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

// The items of a list, each as the element's type; a single one stands for a list of one.
std::optional<std::vector<c10::IValue>> read_items(lua_State* L, int index, const c10::TypePtr& element) {
  std::vector<c10::IValue> items;
  if (!lua_istable(L, index)) {
    auto single = is_tensor(L, index) ? std::nullopt : read(L, index, element, nullptr);
    if (!single) return std::nullopt;
    items.push_back(std::move(*single));
    return items;
  }
  luaL_checkstack(L, 2, "too many values");
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    auto item = read(L, lua_gettop(L), element, nullptr);
    lua_pop(L, 1);
    if (!item) return std::nullopt;
    items.push_back(std::move(*item));
  }
  return items;
}

template <class Item, class Get>
c10::IValue list_of(const std::vector<c10::IValue>& items, Get get) {
  c10::List<Item> list;
  for (const c10::IValue& item : items) list.push_back(get(item));
  return list;
}

std::optional<c10::IValue> as_list(const std::vector<c10::IValue>& items, const c10::TypePtr& element) {
  switch (element->kind()) {
    case Kind::IntType:
    case Kind::SymIntType: return list_of<std::int64_t>(items, [](const auto& item) { return item.toInt(); });
    case Kind::FloatType: return list_of<double>(items, [](const auto& item) { return item.toDouble(); });
    case Kind::BoolType: return list_of<bool>(items, [](const auto& item) { return item.toBool(); });
    case Kind::TensorType:
      return list_of<at::Tensor>(items, [](const auto& item) { return item.toTensor(); });
    case Kind::OptionalType:
      return list_of<std::optional<at::Tensor>>(
          items, [](const auto& item) { return item.template toOptional<at::Tensor>(); });
    default: return std::nullopt;
  }
}

std::optional<c10::IValue> read_list(lua_State* L, int index, const c10::TypePtr& element) {
  const auto items = read_items(L, index, element);
  return items ? as_list(*items, element) : std::nullopt;
}

std::optional<c10::IValue> read(lua_State* L, int index, const c10::TypePtr& type, const c10::TypePtr& real) {
  switch (type->kind()) {
    case Kind::OptionalType: {
      if (lua_isnoneornil(L, index)) return c10::IValue();
      const auto& inner = type->castRaw<c10::OptionalType>()->getElementType();
      const bool wrapped = real && real->kind() == Kind::OptionalType;
      return read(L, index, inner, wrapped ? real->castRaw<c10::OptionalType>()->getElementType() : nullptr);
    }
    case Kind::TensorType:
      if (!is<TorchBox>(L, index) && !is<Parameter>(L, index)) return std::nullopt;
      return c10::IValue(read_tensor(L, index, "an operator"));
    case Kind::IntType:
    case Kind::SymIntType: return read_whole(L, index, real);
    case Kind::NumberType: return read_number(L, index);
    case Kind::FloatType:
      if (lua_type(L, index) != LUA_TNUMBER) return std::nullopt;
      return c10::IValue(static_cast<double>(lua_tonumber(L, index)));
    case Kind::BoolType:
      if (!lua_isboolean(L, index)) return std::nullopt;
      return c10::IValue(lua_toboolean(L, index) != 0);
    case Kind::StringType:
      if (lua_type(L, index) != LUA_TSTRING) return std::nullopt;
      return c10::IValue(std::string(lua_tostring(L, index)));
    case Kind::DeviceObjType:
      if (lua_type(L, index) != LUA_TSTRING) return std::nullopt;
      return c10::IValue(device_from_name(lua_tostring(L, index)));
    case Kind::ListType: return read_list(L, index, type->castRaw<c10::ListType>()->getElementType());
    default: return std::nullopt;
  }
}

bool is_whole_list(const c10::Argument& argument) {
  if (argument.type()->kind() != Kind::ListType || argument.N()) return false;
  const Kind kind = argument.type()->castRaw<c10::ListType>()->getElementType()->kind();
  return kind == Kind::IntType || kind == Kind::SymIntType;
}

/// Reads the arguments of one call against schemas.
class CallReader {
 public:
  explicit CallReader(lua_State* L) : L_(L), last_(lua_gettop(L)) {
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
  std::optional<torch::jit::Stack> match(const c10::FunctionSchema& schema) const {
    torch::jit::Stack stack;
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
  std::optional<c10::IValue> next(const c10::Argument& argument, int& at, int& used) const {
    if (!argument.kwarg_only() && at <= last_) return positional(argument, at);
    if (named_) {
      const StackGuard guard(L_);
      lua_getfield(L_, named_, argument.name().c_str());
      if (!lua_isnil(L_, -1)) return ++used, read(L_, lua_gettop(L_), argument.type(), argument.real_type());
    }
    return argument.default_value();
  }

  // `t:expand(2, 3)`: the numbers that are left are the list.
  std::optional<c10::IValue> positional(const c10::Argument& argument, int& at) const {
    if (!is_whole_list(argument) || lua_type(L_, at) != LUA_TNUMBER) {
      const int index = at++;
      if (lua_isnil(L_, index) && argument.default_value()) return argument.default_value();
      return read(L_, index, argument.type(), argument.real_type());
    }
    c10::List<std::int64_t> list;
    for (; at <= last_ && is_whole(L_, at); ++at)
      list.push_back(static_cast<std::int64_t>(lua_tonumber(L_, at)));
    return c10::IValue(list);
  }

  lua_State* L_;
  int last_;
  int named_ = 0;  // stack index of the named arguments, 0 without
  int names_ = 0;
};

int push_result(lua_State* L, const c10::IValue& value) {
  luaL_checkstack(L, 4, "too many values");
  if (value.isTensor()) return push_tensor(L, value.toTensor()), 1;
  if (value.isTensorList()) return push_tensors(L, value.toTensorVector());
  if (value.isBool()) return lua_pushboolean(L, value.toBool()), 1;
  if (value.isInt()) return lua_pushnumber(L, static_cast<double>(value.toInt())), 1;
  if (value.isDouble()) return lua_pushnumber(L, value.toDouble()), 1;
  if (value.isString()) return push_text(L, value.toStringRef()), 1;
  if (value.isNone()) return lua_pushnil(L), 1;
  fail(Fault::run, "the operator gives a {}, which Lua has no form for", value.tagKind());
}

// `max(Tensor self, int dim, bool keepdim=False)`
std::string text_of(const c10::FunctionSchema& schema) {
  std::string text = c10::str(schema);
  text.erase(0, 6);
  const size_t open = text.find('('), dot = text.find('.');
  if (dot < open) text.erase(dot, open - dot);
  return text.substr(0, text.find(" -> "));
}

[[noreturn]] void refuse(lua_State* L, const Overloads& overloads) {
  std::string given, known;
  for (int i = 1; i <= lua_gettop(L); ++i) given += (i > 1 ? ", " : "") + type_name(L, i);
  for (const auto& handle : overloads.handles) known += "\n  " + text_of(handle.schema());
  fail(Fault::usage, "{}: the arguments ({}) fit none of LibTorch's forms:{}", overloads.name, given, known);
}

// upvalue: the overloads
int call_operator(lua_State* L) {
  const auto& overloads = *static_cast<const Overloads*>(lua_touserdata(L, lua_upvalueindex(1)));
  for (int i = 1; i <= lua_gettop(L); ++i)
    check(!is<GraphValue>(L, i), Fault::usage, "{} computes on tensors only, and got a Value of a graph",
          overloads.name);
  const CallReader reader(L);
  for (const c10::OperatorHandle& handle : overloads.handles) {
    auto stack = reader.match(handle.schema());
    if (!stack) continue;
    const torch::jit::Stack results = in_turn(L, overloads.name.c_str(), [&] {
      torch::jit::Stack own = *stack;
      handle.callBoxed(own);
      return own;
    });
    int count = 0;
    for (const c10::IValue& result : results) count += push_result(L, result);
    return count;
  }
  refuse(L, overloads);
}

void push_operator(lua_State* L, const Overloads& overloads) {
  lua_pushlightuserdata(L, const_cast<Overloads*>(&overloads));
  lua_pushcclosure(L, guarded<call_operator>, 1);
}

bool takes_tensor_first(const c10::OperatorHandle& handle) {
  const auto& arguments = handle.schema().arguments();
  return !arguments.empty() && arguments.front().type()->kind() == Kind::TensorType;
}

// orrery.aten.<name>
int index_aten(lua_State* L) {
  const std::string name = read_string(L, 2, "aten", "the name of an operator");
  const Overloads* overloads = overloads_of(name);
  check(overloads != nullptr, Fault::usage, "LibTorch has no operator '{}'", name);
  return push_operator(L, *overloads), 1;
}

}  // namespace

bool push_aten_method(lua_State* L, int key) {
  const Overloads* overloads = overloads_of(lua_tostring(L, key));
  if (!overloads || std::ranges::none_of(overloads->handles, takes_tensor_first)) return false;
  return push_operator(L, *overloads), true;
}

void open_aten(lua_State* L) {
  lua_newtable(L);
  lua_newtable(L);
  lua_pushcfunction(L, guarded<index_aten>);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lua_setfield(L, -2, "aten");
}

}  // namespace orrery::lua
