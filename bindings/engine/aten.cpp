#include "bindings/engine/aten.h"

#include <algorithm>
#include <dlfcn.h>
#include <mutex>
#include <unordered_map>

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>

#include "bindings/engine/aten_call.h"
#include "bindings/engine/in_turn.h"
#include "bindings/lua_args.h"
#include "runtime/core/names.h"
#include "runtime/engine/kernels/aten_operator.h"
#include "runtime/files/paths.h"

namespace orrery::lua {
namespace {

struct Overloads {
  std::string name;                          // `aten::max`
  std::vector<c10::OperatorHandle> handles;  // those with the fewest arguments first

  std::string plain_name() const { return name.substr(name.find("::") + 2); }
};

// What LibTorch knows, it knows per process; `load_library` adds to it.
using Table = std::unordered_map<std::string, Overloads>;

bool writes_to_out(const c10::FunctionSchema& schema) {
  return std::ranges::any_of(schema.arguments(),
                             [](const c10::Argument& argument) { return argument.is_out(); });
}

// The operators of a namespace, `aten::`.
Table overloads_in(const std::string& space) {
  Table all;
  for (const c10::OperatorName& name : c10::Dispatcher::singleton().getAllOpNames()) {
    if (!name.name.starts_with(space)) continue;
    const auto handle = c10::Dispatcher::singleton().findSchema(name);
    if (!handle || writes_to_out(handle->schema())) continue;
    Overloads& overloads = all[name.name.substr(space.size())];
    overloads.name = name.name;
    overloads.handles.push_back(*handle);
  }
  for (auto& [name, overloads] : all)
    std::ranges::stable_sort(overloads.handles, {}, [](const c10::OperatorHandle& handle) {
      return std::pair(handle.schema().arguments().size(), handle.schema().overload_name());
    });
  return all;
}

const Overloads* overloads_of(const std::string& name) {
  static const Table kAll = overloads_in("aten::");
  const auto found = name.starts_with("_") ? kAll.end() : kAll.find(name);
  return found == kAll.end() ? nullptr : &found->second;
}

// Never forgotten: functions of a script refer to them.
const Overloads* overloads_of(const std::string& space, const std::string& name) {
  static std::mutex lock;
  static std::unordered_map<std::string, Table> spaces;
  const std::lock_guard guard(lock);
  Table& known = spaces[space];
  if (!known.contains(name)) known.merge(overloads_in(space + "::"));
  const auto found = known.find(name);
  return found == known.end() ? nullptr : &found->second;
}

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

[[noreturn]] void refuse(lua_State* L, int last, const Overloads& overloads) {
  std::string given, known;
  for (int i = 1; i <= last; ++i) given += (i > 1 ? ", " : "") + type_name(L, i);
  for (const auto& handle : overloads.handles) known += "\n  " + text_of_schema(handle.schema());
  fail(Fault::usage, "{}: the arguments ({}) fit none of LibTorch's forms:{}", overloads.plain_name(), given,
       known);
}

// On tensors.
int compute(lua_State* L, const Overloads& overloads) {
  const int last = lua_gettop(L);
  const std::string name = overloads.plain_name();
  for (const c10::OperatorHandle& handle : overloads.handles) {
    auto stack = read_operator_call(L, last, handle.schema());
    if (!stack) continue;
    const torch::jit::Stack results = in_turn(L, name.c_str(), [&] {
      torch::jit::Stack own = *stack;
      handle.callBoxed(own);
      return own;
    });
    int count = 0;
    for (const c10::IValue& result : results) count += push_result(L, result);
    return count;
  }
  refuse(L, last, overloads);
}

// In a graph.

// The first Value among the arguments or in their lists.
std::shared_ptr<Graph> graph_of_call(lua_State* L) {
  for (int i = 1; i <= lua_gettop(L); ++i) {
    if (is<GraphValue>(L, i)) return get<GraphValue>(L, i).graph;
    if (!lua_istable(L, i)) continue;
    lua_pushnil(L);
    while (lua_next(L, i)) {
      const auto graph = is<GraphValue>(L, -1) ? get<GraphValue>(L, -1).graph : nullptr;
      lua_pop(L, graph ? 2 : 1);
      if (graph) return graph;
    }
  }
  return nullptr;
}

// One description for all nodes of an operator in a graph.
std::shared_ptr<const Descriptor> operation_in(lua_State* L, Graph& graph,
                                               const c10::OperatorHandle& handle) {
  const std::string name = c10::toString(handle.operator_name());
  for (const auto& held : graph.held())
    if (held->name == name) return held;
  auto made = operator_of(engine(L), name);
  graph.hold(made);
  return made;
}

int apply(lua_State* L, const std::shared_ptr<Graph>& graph, const Overloads& overloads) {
  const int last = lua_gettop(L);
  lua_newtable(L);
  Placeholders operands{.operands = last + 1};
  for (const c10::OperatorHandle& handle : overloads.handles) {
    const auto arguments = read_operator_call(L, last, handle.schema(), &operands);
    if (!arguments) continue;
    const auto operation = operation_in(L, *graph, handle);
    Attributes options = checked_attributes(
        operation->attributes, {{kOperatorArguments, text_of_arguments(*arguments, operands.tensors)}});
    const Origin origin = border(L).sites.origin(L, nullptr, Expression::call(overloads.plain_name()));
    std::vector<Value> inputs;
    for (size_t i = 0; i < operands.tensors.size(); ++i) {
      lua_rawgeti(L, operands.operands, static_cast<int>(i) + 1);
      inputs.push_back(value_of(L, lua_gettop(L), graph));
    }
    return push_outputs(L, graph, graph->apply(*operation, std::move(options), inputs, origin));
  }
  refuse(L, last, overloads);
}

// upvalue: the overloads
int call_operator(lua_State* L) {
  const auto& overloads = *static_cast<const Overloads*>(lua_touserdata(L, lua_upvalueindex(1)));
  const auto graph = graph_of_call(L);
  return graph ? apply(L, graph, overloads) : compute(L, overloads);
}

void push_operator(lua_State* L, const Overloads& overloads) {
  lua_pushlightuserdata(L, const_cast<Overloads*>(&overloads));
  lua_pushcclosure(L, guarded<call_operator>, 1);
}

bool takes_tensor_first(const c10::OperatorHandle& handle) {
  const auto& arguments = handle.schema().arguments();
  return !arguments.empty() && arguments.front().type()->kind() == c10::TypeKind::TensorType;
}

// orrery.aten.<name>
int index_aten(lua_State* L) {
  const std::string name = read_string(L, 2, "aten", "the name of an operator");
  const Overloads* overloads = overloads_of(name);
  check(overloads != nullptr, Fault::usage, "LibTorch has no operator '{}'", name);
  return push_operator(L, *overloads), 1;
}

// orrery.ops.<namespace>.<name>; upvalue: the namespace
int index_namespace(lua_State* L) {
  const std::string space = lua_tostring(L, lua_upvalueindex(1));
  const std::string name = read_string(L, 2, "ops", "the name of an operator");
  const Overloads* overloads = overloads_of(space, name);
  if (!overloads)
    throw Error(Fault::usage, fmt::format("LibTorch's registry has no operator '{}::{}'", space, name), {},
                "orrery.load_library(path) loads the library that brings it.");
  return push_operator(L, *overloads), 1;
}

void push_indexed(lua_State* L, lua_CFunction index, int upvalues) {
  lua_pushcclosure(L, index, upvalues);
  lua_newtable(L);
  lua_insert(L, -2);
  lua_setfield(L, -2, "__index");
  lua_newtable(L);
  lua_insert(L, -2);
  lua_setmetatable(L, -2);
}

// orrery.ops.<namespace>
int index_ops(lua_State* L) {
  push_text(L, read_string(L, 2, "ops", "a namespace"));
  return push_indexed(L, guarded<index_namespace>, 1), 1;
}

// load_library(path): an extension with TORCH_LIBRARY; never unloaded, LibTorch refers to what it holds
int load_library(lua_State* L) {
  const std::string path = read_string(L, 1, "load_library", "a path");
  check(exists(path), Fault::input_file, "load_library: there is no file {}", quote_path(path));
  const Engine::Turn turn(engine(L));
  const void* library = dlopen(absolute_path(path).c_str(), RTLD_NOW | RTLD_LOCAL);
  check(library != nullptr, Fault::input_file, "load_library: {} cannot be loaded: {}", quote_path(path),
        dlerror());
  return 0;
}

}  // namespace

bool push_aten_method(lua_State* L, int key) {
  const Overloads* overloads = overloads_of(lua_tostring(L, key));
  if (!overloads || std::ranges::none_of(overloads->handles, takes_tensor_first)) return false;
  return push_operator(L, *overloads), true;
}

void open_aten(lua_State* L) {
  push_indexed(L, guarded<index_aten>, 0);
  lua_setfield(L, -2, "aten");
  push_indexed(L, guarded<index_ops>, 0);
  lua_setfield(L, -2, "ops");
  add_functions(L, {{"load_library", guarded<load_library>}});
}

}  // namespace orrery::lua
