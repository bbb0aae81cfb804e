#include <map>

#include <fmt/format.h>

#include "bindings/border.h"
#include "bindings/engine_door.h"
#include "bindings/index_key.h"
#include "bindings/leaf.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "bindings/operator_methods.h"
#include "runtime/core/names.h"
#include "runtime/ops/operations.h"

namespace orrery::lua {
namespace {

GraphValue& self(lua_State* L) { return get<GraphValue>(L, 1); }

const Descriptor& descriptor_upvalue(lua_State* L) {
  return *static_cast<const Descriptor*>(lua_touserdata(L, lua_upvalueindex(1)));
}

// How the script wrote the call, for its label.
enum class Written { method, function, operation };

Origin origin_of(lua_State* L, const Descriptor& operation, Written written, const char* mark) {
  SiteTracker& sites = border(L).sites;
  switch (written) {
    case Written::method: return sites.origin(L, &operation, Expression::method(operation.name));
    case Written::function: return sites.origin(L, &operation, Expression::call(operation.name));
    case Written::operation: return sites.origin(L, nullptr, Expression::operation(mark));
  }
  return {};
}

std::string name_option(lua_State* L, const Extras& extras, const std::string& function) {
  const int index = extras.at("name");
  return index ? read_string(L, index, function.c_str(), "name") : std::string();
}

// All arguments as they came go to the engine, which reads them against the same descriptor.
int compute(lua_State* L, const Descriptor& operation, int arguments) {
  lua_settop(L, arguments);
  push_engine_function(L, "apply_transform");
  lua_insert(L, 1);
  push_text(L, operation.name);
  lua_insert(L, 2);
  lua_call(L, arguments + 1, LUA_MULTRET);
  return lua_gettop(L);
}

// The engine reads the arguments again, so a call that can make no node is not read here.
bool only_tensors(lua_State* L) {
  bool tensors = false;
  for (int i = 1; i <= lua_gettop(L); ++i) {
    if (lua_istable(L, i) || is<GraphValue>(L, i)) return false;
    tensors = tensors || is_operand(L, i);
  }
  return tensors;
}

// Nothing waits for a value and nothing writes into it, so that those of a move are only checked.
Extras extras_of(const Descriptor& operation) {
  Extras extras = operation.name == "to" ? extras_of_move() : Extras();
  extras["name"] = 0;
  return extras;
}

int apply(lua_State* L, const Descriptor& operation, Written written, const char* mark = "") {
  place_dtype(L, operation);
  const int arguments = lua_gettop(L);
  if (only_tensors(L)) return compute(L, operation, arguments);
  const std::string function = written == Written::operation ? mark : operation.name;
  Extras extras = extras_of(operation);
  Call call = read_call(L, 1, operation, is_operand, function, &extras);
  for (const auto& [name, index] : extras)
    if (name != "name") read_move_flag(L, extras, name.c_str());
  const auto graph = graph_of(L, call.operands);
  if (!graph) return compute(L, operation, arguments);
  const std::vector<Value> inputs = values_of(L, call.operands, graph);
  return push_outputs(L, graph,
                      graph->apply(operation, std::move(call.attributes), inputs,
                                   origin_of(L, operation, written, mark), name_option(L, extras, function)));
}

int call_method(lua_State* L) {
  place_receiver(L, descriptor_upvalue(L));
  return apply(L, descriptor_upvalue(L), Written::method);
}
int call_function(lua_State* L) { return apply(L, descriptor_upvalue(L), Written::function); }

// g:randn(3, 4): operations that need no value
int call_graph_method(lua_State* L) {
  const Descriptor& operation = descriptor_upvalue(L);
  const auto graph = share<Graph>(L, 1);
  Extras extras{{"name", 0}};
  place_low(L, 2, operation);
  Call call = read_call(L, 2, operation, is_operand, operation.name, &extras);
  return push_outputs(
      L, graph,
      graph->apply(operation, std::move(call.attributes), values_of(L, call.operands, graph),
                   origin_of(L, operation, Written::method, ""), name_option(L, extras, operation.name)));
}

// Operators. A number on the left of `+` and `*` changes sides; `-` and `/` have forms of their own, `%` and
// `^` take it as it is.

int operate(lua_State* L, const char* operation, const char* mark) {
  return apply(L, operations().get(operation), Written::operation, mark);
}

void check_operands(lua_State* L, const char* mark) {
  lua_settop(L, 2);
  for (int index : {1, 2}) {
    if (is_operand(L, index) || lua_type(L, index) == LUA_TNUMBER) continue;
    const std::string remedy = is<Dim>(L, index) ? "A size that differs from batch to batch is no number: "
                                                   "instead of dividing a sum by it, take a mean."
                                                 : "";
    throw Error(Fault::usage,
                fmt::format("'{}' takes values, tensors and numbers, got {}", mark, type_name(L, index)), {},
                remedy);
  }
}

// Puts the value first; true when it was the number that stood there.
bool put_value_first(lua_State* L, const char* mark) {
  check_operands(L, mark);
  if (lua_type(L, 1) != LUA_TNUMBER) return false;
  lua_insert(L, 1);
  return true;
}

int add(lua_State* L) { return put_value_first(L, "+"), operate(L, "add", "+"); }
int subtract(lua_State* L) { return operate(L, put_value_first(L, "-") ? "rsub" : "sub", "-"); }
int multiply(lua_State* L) { return put_value_first(L, "*"), operate(L, "mul", "*"); }

int divide(lua_State* L) {
  if (!put_value_first(L, "/")) return operate(L, "div", "/");
  const double number = lua_tonumber(L, 2);
  lua_settop(L, 1);
  operate(L, "reciprocal", "/");
  lua_replace(L, 1);
  lua_settop(L, 1);
  if (number == 1) return 1;
  lua_pushnumber(L, number);
  return operate(L, "mul", "/");
}

int power(lua_State* L) { return check_operands(L, "^"), operate(L, "pow", "^"); }
int modulo(lua_State* L) { return check_operands(L, "%"), operate(L, "remainder", "%"); }

int negate(lua_State* L) {
  lua_settop(L, 1);
  return operate(L, "neg", "neg");
}

// Methods of the symbolic side.

int size(lua_State* L) {
  const Shape& shape = self(L).value.shape();
  if (lua_isnoneornil(L, 2)) return push_shape(L, shape), 1;
  const auto rank = static_cast<std::int64_t>(shape.size());
  const std::int64_t dim = read_integer(L, 2, "size", "a dimension");
  check(dim >= -rank && dim < rank, Fault::usage, "size: dimension {} is outside of {}, which has {}", dim,
        str(shape), rank);
  return push_dim(L, shape[dim < 0 ? dim + rank : dim]), 1;
}

int rank(lua_State* L) { return lua_pushnumber(L, static_cast<double>(self(L).value.shape().size())), 1; }
int numel(lua_State* L) { return push_dim(L, orrery::numel(self(L).value.shape())), 1; }

int named(lua_State* L) {
  GraphValue& value = self(L);
  value.graph->rename(value.value, read_string(L, 2, "named", "name"), {border(L).sites.site(L), ""});
  lua_settop(L, 1);
  return 1;
}

void push_transform(lua_State* L, const Descriptor& operation, lua_CFunction function) {
  lua_pushlightuserdata(L, const_cast<Descriptor*>(&operation));
  lua_pushcclosure(L, function, 1);
}

// What makes a value of values; what needs none is a method of the graph.
bool is_transform(const Descriptor& operation) {
  return operation.kind == OperationKind::transform && !operation.inputs.empty() &&
         operation.loop == Descriptor::LoopEnd::none;
}

const Descriptor* transform(lua_State* L, const std::string& name) {
  const Descriptor* operation = operations(*border(L).runtime).find(name);
  return operation && is_transform(*operation) ? operation : nullptr;
}

using Property = void (*)(lua_State*, const GraphValue&);

// A property that is an operation: `x.T`.
void push_applied(lua_State* L, const GraphValue& from, const char* name,
                  const std::vector<Attributes::Entry>& options = {}) {
  const Descriptor& operation = operations().get(name);
  const Origin origin = border(L).sites.origin(L, nullptr, Expression::method(name));
  push_graph_value(L, from.graph,
                   from.graph->apply(operation, checked_attributes(operation.attributes, options),
                                     {from.value}, origin)[0]);
}

const std::map<std::string, Property>& properties() {
  static const std::map<std::string, Property> kProperties{
      {"shape", [](lua_State* L, const GraphValue& v) { push_shape(L, v.value.shape()); }},
      {"dtype", [](lua_State* L, const GraphValue& v) { push_text(L, std::string(name(v.value.dtype()))); }},
      {"requires_grad",
       [](lua_State* L, const GraphValue& v) { lua_pushboolean(L, v.value.requires_grad()); }},
      {"name", [](lua_State* L, const GraphValue& v) { push_text(L, v.value.node->name()); }},
      {"path", [](lua_State* L, const GraphValue& v) { push_text(L, v.value.node->path()); }},
      {"label", [](lua_State* L, const GraphValue& v) { push_text(L, v.value.node->origin().label); }},
      {"site", [](lua_State* L, const GraphValue& v) { push_text(L, v.value.node->origin().site.str()); }},
      {"operation", [](lua_State* L, const GraphValue& v) { push_text(L, v.value.node->operation()); }},
      {"graph", [](lua_State* L, const GraphValue& v) { push(L, v.graph); }},
      {"ndim", [](lua_State* L,
                  const GraphValue& v) { lua_pushnumber(L, static_cast<double>(v.value.shape().size())); }},
      {"T", [](lua_State* L, const GraphValue& v) { push_applied(L, v, "t"); }},
      {"mT",
       [](lua_State* L, const GraphValue& v) {
         push_applied(L, v, "transpose", {{"dim0", std::int64_t{-2}}, {"dim1", std::int64_t{-1}}});
       }},
      {"mH", [](lua_State* L, const GraphValue& v) { push_applied(L, v, "adjoint"); }},
  };
  return kProperties;
}

[[noreturn]] void unknown_member(lua_State* L, const std::string& key) {
  std::vector<std::string> names{"size", "dim", "numel", "named"};
  for (const auto& [name, property] : properties()) names.push_back(name);
  for (const auto& operation : operations(*border(L).runtime).all())
    if (is_transform(*operation)) names.push_back(operation->name);
  names.insert(names.end(), operator_methods().begin(), operator_methods().end());
  fail(Fault::usage, "a Value has no member '{}'{}", key, did_you_mean(key, names));
}

int index_value(lua_State* L) {
  if (lua_type(L, 2) == LUA_TNUMBER || lua_istable(L, 2) || is_operand(L, 2)) return index_graph_value(L);
  check(lua_type(L, 2) == LUA_TSTRING, Fault::usage,
        "a Value is indexed by numbers, slices and values, got {}", type_name(L, 2));
  const std::string key = lua_tostring(L, 2);
  if (auto property = properties().find(key); property != properties().end())
    return property->second(L, get<GraphValue>(L, 1)), 1;
  if (!push_transform_method(L, key) && !push_operator_method(L, key)) unknown_member(L, key);
  return 1;
}

std::string text_of_value(void* object) {
  const GraphValue& v = *static_cast<GraphValue*>(object);
  const Node& node = *v.value.node;
  const std::string field = node.outputs().size() > 1 ? "." + node.output_name(v.value.output) : "";
  const std::string site = node.origin().site.known() ? ", " + node.origin().site.str() : "";
  return fmt::format("Value {}{} {} {} ({}{})", node.path(), field, str(v.value.shape()),
                     name(v.value.dtype()), node.operation(), site);
}

// core.transform(name): the function `orrery.<name>`, or nil when there is no such operation.
int transform_function(lua_State* L) {
  const Descriptor* operation = transform(L, read_string(L, 1, "transform", "name"));
  if (operation) {
    push_transform(L, *operation, guarded<call_function>);
  } else {
    lua_pushnil(L);
  }
  return 1;
}

// A parameter of no layer is one node, wherever it is used.
Value value_of_parameter(const std::shared_ptr<Graph>& graph, const ParameterPtr& parameter, Origin origin) {
  const bool free = parameter->order > 0;
  const Value there = free ? value_of_leaf(*graph, parameter) : Value{};
  return there ? there : graph->constant(parameter, std::move(origin), free ? parameter->name : "");
}

// As a constant it would hide from training what it was computed from.
void expect_no_history(lua_State* L, int index) {
  lua_getfield(L, index, "is_leaf");
  const bool leaf = lua_toboolean(L, -1) != 0;
  lua_pop(L, 1);
  if (leaf) return;
  throw Error(Fault::usage,
              "this tensor was computed from what is trained, and would be a constant of the graph", {},
              "Begin with a value of the graph, x.graph:constant(parameter), or give tensor:detach().");
}

}  // namespace

void push_graph_value(lua_State* L, const std::shared_ptr<Graph>& graph, Value value) {
  // A node's output types never move, and each output has its own.
  const void* identity = &value.type();
  if (!push_existing(L, LuaClass<GraphValue>::name, identity))
    push_new(L, LuaClass<GraphValue>::name, std::make_shared<GraphValue>(GraphValue{graph, value}), identity);
}

std::vector<luaL_Reg> operators() {
  return {{"__add", guarded<add>},    {"__sub", guarded<subtract>}, {"__mul", guarded<multiply>},
          {"__div", guarded<divide>}, {"__mod", guarded<modulo>},   {"__pow", guarded<power>},
          {"__unm", guarded<negate>}};
}

bool push_transform_method(lua_State* L, const std::string& name) {
  const Descriptor* operation = transform(L, name);
  if (!operation) return false;
  border(L).sites.note(L, operation);
  push_transform(L, *operation, guarded<call_method>);
  return true;
}

bool push_graph_transform(lua_State* L, const std::string& name) {
  const Descriptor* operation = operations(*border(L).runtime).find(name);
  if (!operation || !operation->from_graph()) return false;
  border(L).sites.note(L, operation);
  push_transform(L, *operation, guarded<call_graph_method>);
  return true;
}

void place_receiver(lua_State* L, const Descriptor& operation) {
  if (operation.method_port == 0 || lua_gettop(L) <= operation.method_port) return;
  lua_pushvalue(L, 1);
  lua_remove(L, 1);
  lua_insert(L, 1 + operation.method_port);
}

bool is_tensor(lua_State* L, int index) { return box_at(L, index, kTensorClass) != nullptr; }

bool is_operand(lua_State* L, int index) {
  return is<GraphValue>(L, index) || is<Parameter>(L, index) || is_tensor(L, index);
}

std::shared_ptr<Graph> graph_of(lua_State* L, const std::vector<int>& operands) {
  for (int index : operands)
    if (index && is<GraphValue>(L, index)) return get<GraphValue>(L, index).graph;
  return nullptr;
}

Value value_of(lua_State* L, int index, const std::shared_ptr<Graph>& graph) {
  if (index == 0) return {};
  if (is<GraphValue>(L, index)) return get<GraphValue>(L, index).value;
  const Origin origin{border(L).sites.site(L), ""};
  if (is<Parameter>(L, index)) return value_of_parameter(graph, share<Parameter>(L, index), origin);
  expect_no_history(L, index);
  push_engine_function(L, "constant_of_tensor");
  lua_pushvalue(L, index);
  lua_call(L, 1, 1);
  return graph->constant(share<Parameter>(L, -1), origin);
}

std::vector<Value> values_of(lua_State* L, const std::vector<int>& operands,
                             const std::shared_ptr<Graph>& graph) {
  std::vector<Value> values;
  for (int index : operands) values.push_back(value_of(L, index, graph));
  return values;
}

int push_outputs(lua_State* L, const std::shared_ptr<Graph>& graph, const std::vector<Value>& outputs) {
  luaL_checkstack(L, static_cast<int>(outputs.size()) + 8, "too many values");
  for (const Value& value : outputs) push_graph_value(L, graph, value);
  return static_cast<int>(outputs.size());
}

void add_functions(lua_State* L, const std::vector<luaL_Reg>& functions) {
  for (const luaL_Reg& function : functions) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

void open_value(lua_State* L) {
  define_class<GraphValue>(L, {
                                  .methods = {{"size", guarded<size>},
                                              {"dim", guarded<rank>},
                                              {"numel", guarded<numel>},
                                              {"named", guarded<named>}},
                                  .metamethods = operators(),
                                  .index = index_value,
                                  .text = text_of_value,
                              });
  add_functions(L, {{"transform", guarded<transform_function>}});
}

}  // namespace orrery::lua
