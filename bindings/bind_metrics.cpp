// Numbers that are followed while training: orrery.metrics.
#include <algorithm>

#include "bindings/border.h"
#include "bindings/engine_door.h"
#include "bindings/governed.h"
#include "bindings/lua_args.h"
#include "bindings/lua_metric.h"

namespace orrery::lua {
namespace {

int push_metric(lua_State* L, std::shared_ptr<Graph> graph, Metric metric) {
  const std::int64_t made = ++border(L).metrics_made;
  return push(L, std::make_shared<GraphMetric>(GraphMetric{std::move(graph), std::move(metric), made})), 1;
}

const MetricKind& bound_kind(lua_State* L) {
  return *static_cast<const MetricKind*>(lua_touserdata(L, lua_upvalueindex(1)));
}

// upvalue: the kind. (value, …, options…)
int make_metric_of(lua_State* L) {
  const MetricKind& kind = bound_kind(L);
  const std::string function = "metrics." + kind.name;
  std::shared_ptr<Graph> graph;
  std::vector<Value> values;
  int at = 1;
  for (; at <= lua_gettop(L) && is<GraphValue>(L, at); ++at) {
    graph = get<GraphValue>(L, at).graph;
    values.push_back(get<GraphValue>(L, at).value);
  }
  const bool values_end = at > lua_gettop(L) || values.size() >= kind.inputs.size();
  check(values_end, Fault::usage, "{}: expected values, got {}", function, type_name(L, at));
  const Attributes options = read_options(L, at, kind.attributes, function);
  Origin origin = border(L).sites.origin(L, nullptr, Expression::call(kind.name));
  return push_metric(L, graph,
                     make_metric(kind, kind.name, std::move(values), std::move(origin), options.entries()));
}

// Own functions.

std::vector<Value> read_values(lua_State* L, int index, std::shared_ptr<Graph>& graph) {
  std::vector<Value> values;
  if (is<GraphValue>(L, index)) {
    graph = get<GraphValue>(L, index).graph;
    return {get<GraphValue>(L, index).value};
  }
  check(lua_istable(L, index), Fault::usage, "metrics.define: expected a list of values, got {}",
        type_name(L, index));
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    check(is<GraphValue>(L, -1), Fault::usage, "metrics.define: entry {} of the values is {}, no Value", i,
          type_name(L, -1));
    graph = get<GraphValue>(L, -1).graph;
    values.push_back(get<GraphValue>(L, -1).value);
    lua_pop(L, 1);
  }
  return values;
}

KeptValue kept_function(lua_State* L, int table, const char* name) {
  lua_getfield(L, table, name);
  check(lua_isfunction(L, -1), Fault::usage, "metrics.define: {} must be a function, got {}", name,
        type_name(L, -1));
  KeptValue kept(L, lua_gettop(L), border(L).kept);
  lua_pop(L, 1);
  return kept;
}

std::shared_ptr<LuaMetric> read_functions(lua_State* L, int index) {
  auto own = std::make_shared<LuaMetric>();
  own->values = border(L).kept;
  if (lua_isfunction(L, index)) {
    own->function = KeptValue(L, index, border(L).kept);
    return own;
  }
  check(lua_istable(L, index), Fault::usage,
        "metrics.define: expected a function, or {{ update = …, compute = … }}, got {}", type_name(L, index));
  own->update = kept_function(L, index, "update");
  own->compute = kept_function(L, index, "compute");
  return own;
}

// upvalue: the kind. ({values}, function | { update =, compute = }, options…)
int define_metric(lua_State* L) {
  const MetricKind& kind = bound_kind(L);
  std::shared_ptr<Graph> graph;
  std::vector<Value> values = read_values(L, 1, graph);
  std::shared_ptr<LuaMetric> own = read_functions(L, 2);
  const Attributes options = read_options(L, 3, kind.attributes, "metrics.define");
  Origin origin = border(L).sites.origin(L, nullptr, Expression::call(kind.name));
  Metric metric = make_metric(kind, kind.name, std::move(values), std::move(origin), options.entries());
  metric.own = std::move(own);
  return push_metric(L, graph, std::move(metric));
}

// core.metric(name): the constructor `metrics.<name>`
int metric_constructor(lua_State* L) {
  const MetricKind& kind = metric_kind(read_string(L, 1, "metrics", "the name of a metric"));
  lua_pushlightuserdata(L, const_cast<MetricKind*>(&kind));
  lua_pushcclosure(L, kind.variadic ? guarded<define_metric> : guarded<make_metric_of>, 1);
  return 1;
}

// core.metrics() → their descriptions; `inputs` names the values
int list_metrics(lua_State* L) {
  lua_newtable(L);
  int at = 0;
  for (const MetricKind& kind : metric_kinds()) {
    push_described(L, kind.name, kind.doc, kind.attributes);
    lua_createtable(L, static_cast<int>(kind.inputs.size()), 0);
    for (size_t i = 0; i < kind.inputs.size(); ++i) {
      push_text(L, kind.inputs[i]);
      lua_rawseti(L, -2, static_cast<int>(i) + 1);
    }
    lua_setfield(L, -2, "inputs");
    lua_rawseti(L, -2, ++at);
  }
  return 1;
}

std::string text_of_metric(void* object) {
  return "Metric " + static_cast<GraphMetric*>(object)->metric.name;
}

}  // namespace

std::shared_ptr<MetricState> LuaMetric::state(const Metric& metric) {
  check(values->callable(), Fault::run, "metric '{}' is of Lua functions, and is computed on another thread",
        metric.name);
  if (!make)
    values->run([&](lua_State* L) {
      push_engine_function(L, "equip_metric");
      push(L, shared_from_this());
      lua_call(L, 1, 0);
    });
  return make(metric);
}

void open_metrics(lua_State* L) {
  define_class<GraphMetric>(L, {.text = text_of_metric});
  define_class<LuaMetric>(L, {});
  add_functions(L, {{"metric", guarded<metric_constructor>}, {"metrics", guarded<list_metrics>}});
}

}  // namespace orrery::lua
