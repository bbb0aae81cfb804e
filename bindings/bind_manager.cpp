#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "bindings/block_function.h"
#include "bindings/border.h"
#include "bindings/callback_names.h"
#include "bindings/engine_door.h"
#include "bindings/governed.h"
#include "bindings/lua_args.h"
#include "bindings/manager_overrides.h"
#include "bindings/named_values.h"

namespace orrery::lua {
namespace {

// Savers.

Saver::Source read_source(lua_State* L, int index) {
  if (is<GraphBlock>(L, index)) return {.block = get<GraphBlock>(L, index).block};
  if (is<BlockFunction>(L, index)) {
    const BlockFunction& function = get<BlockFunction>(L, index);
    check(!function.blocks.empty(), Fault::usage, "saver: block '{}' has not been called yet", function.name);
    return {.block = function.blocks.front()};
  }
  if (is<Layer>(L, index)) return {.layer = share<Layer>(L, index)};
  if (is<Parameter>(L, index)) return {.parameter = share<Parameter>(L, index)};
  if (is<GraphValue>(L, index)) return {.value = get<GraphValue>(L, index).value};
  if (lua_type(L, index) == LUA_TSTRING) return {.path = lua_tostring(L, index)};
  fail(Fault::usage, "saver: expected a block, layer, parameter, value or path, got {}", type_name(L, index));
}

std::vector<Saver::Source> read_sources(lua_State* L, int index) {
  std::vector<Saver::Source> sources;
  if (lua_isnoneornil(L, index) || is<Graph>(L, index)) return sources;
  if (!lua_istable(L, index)) {
    sources.push_back(read_source(L, index));
    return sources;
  }
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    sources.push_back(read_source(L, lua_gettop(L)));
    lua_pop(L, 1);
  }
  return sources;
}

// core.saver(path[, {what=, values=, when=, every=, save_top_k=, process=fn}])
int make_saver(lua_State* L) {
  const std::string path = read_string(L, 1, "saver", "the file");
  Extras extras{{"what", 0}, {"values", 0}, {"process", 0}};
  Attributes options = read_options(L, 2, saver_attributes(), "saver", &extras);
  const int process = extras.at("process");
  check(!process || lua_isfunction(L, process), Fault::usage, "saver: process must be a function, got {}",
        type_name(L, process));
  Origin origin = border(L).sites.origin(L, nullptr, Expression::call("saver"));
  std::vector<Saver::Source> sources;
  if (int what = extras.at("what")) sources = read_sources(L, what);
  std::vector<NamedValue> values;
  if (int given = extras.at("values")) values = read_named_values(L, given, "saver: values");
  push(L, std::make_shared<Saver>(path, std::move(sources), std::move(options), process != 0,
                                  std::move(origin), std::move(values)));
  if (process == 0) return 1;
  push_fields(L, -1);
  lua_pushvalue(L, process);
  lua_setfield(L, -2, "process");
  return lua_pop(L, 1), 1;
}

std::string text_of_saver(void* object) { return "Saver " + static_cast<Saver*>(object)->path(); }

// Managers.

template <class T>
std::shared_ptr<T> read_part(lua_State* L, int index, const char* option) {
  check(is<T>(L, index), Fault::usage, "manager: {} must be {}, got {}", option, LuaClass<T>::name,
        type_name(L, index));
  return share<T>(L, index);
}

// One object or a list of them.
template <class T>
std::vector<std::shared_ptr<T>> read_parts(lua_State* L, int index, const char* option) {
  std::vector<std::shared_ptr<T>> parts;
  if (index == 0) return parts;
  if (!lua_istable(L, index)) {
    parts.push_back(read_part<T>(L, index, option));
    return parts;
  }
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    parts.push_back(read_part<T>(L, lua_gettop(L), option));
    lua_pop(L, 1);
  }
  return parts;
}

int either(Extras& extras, const char* one, const char* several) {
  check(!extras[one] || !extras[several], Fault::usage, "manager: both {} and {} are given", one, several);
  return std::max(extras[one], extras[several]);
}

// `{ accuracy = metric }`, in the order in which the script made them, which is that in which they are
// written.
std::vector<Metric> read_metrics(lua_State* L, int index) {
  std::vector<std::pair<std::int64_t, Metric>> made;
  if (index == 0) return {};
  check(lua_istable(L, index), Fault::usage,
        "manager: metrics must be a table such as {{ accuracy = … }}, got {}", type_name(L, index));
  lua_pushnil(L);
  while (lua_next(L, index)) {
    const auto given = read_part<GraphMetric>(L, lua_gettop(L), "each of metrics");
    made.emplace_back(given->made, given->metric);
    if (lua_type(L, -2) == LUA_TSTRING) made.back().second.name = lua_tostring(L, -2);
    lua_pop(L, 1);
  }
  std::ranges::sort(made, {}, [](const auto& each) { return std::tie(each.first, each.second.name); });
  std::vector<Metric> metrics;
  for (auto& [order, metric] : made) metrics.push_back(std::move(metric));
  return metrics;
}

std::shared_ptr<DataSource> train_source(lua_State* L, int given) {
  if (given) return read_part<DataSource>(L, given, "train");
  push_fields(L, 1);
  lua_getfield(L, -1, "source");
  return is<DataSource>(L, -1) ? share<DataSource>(L, -1) : nullptr;
}

// A scheduler, or { scheduler =, interval =, frequency =, monitor = }.
ScheduleUse read_schedule(lua_State* L, int index) {
  if (!lua_istable(L, index)) {
    auto schedule = read_part<Schedule>(L, index, "schedule");
    return {std::move(schedule), Attributes(schedule_use_attributes())};
  }
  const int top = lua_gettop(L);
  lua_pushvalue(L, index);
  Extras extras{{"scheduler", 0}};
  Attributes options =
      read_options(L, lua_gettop(L), schedule_use_attributes(), "manager: a schedule", &extras);
  check(extras.at("scheduler") != 0, Fault::usage,
        "manager: a schedule's table is {{ scheduler = …, interval = … }}, and this one has no scheduler");
  ScheduleUse use{read_part<Schedule>(L, extras.at("scheduler"), "scheduler"), std::move(options)};
  lua_settop(L, top);
  return use;
}

bool is_list(lua_State* L, int index) { return lua_istable(L, index) && lua_objlen(L, index) > 0; }

bool is_empty(lua_State* L, int index) {
  lua_pushnil(L);
  if (lua_next(L, index) == 0) return true;
  return lua_pop(L, 2), false;
}

// An optimizer, or { optimizer =, frequency = }.
void read_optimizer(lua_State* L, int index, Manager::Parts& parts) {
  const int top = lua_gettop(L);
  Extras extras{{"optimizer", 0}};
  std::int64_t frequency = 0;
  if (lua_istable(L, index)) {
    lua_pushvalue(L, index);
    const Attributes options =
        read_options(L, top + 1, optimizer_use_attributes(), "manager: an optimizer", &extras);
    check(
        extras.at("optimizer") != 0, Fault::usage,
        "manager: an optimizer's table is {{ optimizer = …, frequency = … }}, and this one has no optimizer");
    index = extras.at("optimizer");
    if (options.has("frequency")) frequency = options.integer("frequency");
  }
  parts.optimizers.push_back(read_part<Optimizer>(L, index, "optimizer"));
  parts.frequencies.push_back(frequency);
  lua_settop(L, top);
}

// One or a list of them.
void read_optimizers(lua_State* L, int index, Manager::Parts& parts) {
  if (index == 0 || (lua_istable(L, index) && is_empty(L, index))) return;
  if (!is_list(L, index)) return read_optimizer(L, index, parts);
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    read_optimizer(L, lua_gettop(L), parts);
    lua_pop(L, 1);
  }
}

// One or a list of them.
std::vector<ScheduleUse> read_schedules(lua_State* L, int index) {
  std::vector<ScheduleUse> schedules;
  if (index == 0) return schedules;
  if (!is_list(L, index)) {
    schedules.push_back(read_schedule(L, index));
    return schedules;
  }
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    schedules.push_back(read_schedule(L, lua_gettop(L)));
    lua_pop(L, 1);
  }
  return schedules;
}

// What a governor reads counts as read.
std::vector<Use> uses_of(const Governor& governor) {
  std::vector<Use> uses;
  if (auto optimizer = dynamic_cast<const Optimizer*>(&governor); optimizer && optimizer->loss())
    uses.push_back({Use::Kind::loss, optimizer->loss(), ""});
  if (auto saver = dynamic_cast<const Saver*>(&governor)) {
    for (const Saver::Source& source : saver->sources())
      if (source.value) uses.push_back({Use::Kind::saved, source.value, ""});
    for (const NamedValue& named : saver->values()) uses.push_back({Use::Kind::saved, named.value, ""});
  }
  if (auto manager = dynamic_cast<const Manager*>(&governor))
    for (const Metric& metric : manager->parts().metrics)
      for (const Value& value : metric.values) uses.push_back({Use::Kind::metric, value, metric.name});
  return uses;
}

// A value of another graph is for the checks to report; a finalized graph has passed its own.
void mark(Graph& graph, Use use) {
  if (graph.finalized() || &use.value.node->graph() != &graph) return;
  const auto same = [&](const Use& other) {
    return other.kind == use.kind && other.value == use.value && other.name == use.name;
  };
  if (std::none_of(graph.uses().begin(), graph.uses().end(), same)) graph.use(std::move(use));
}

// The callbacks are Lua's own: the engine finds them in the manager's fields.
void keep_callbacks(lua_State* L, int callbacks) {
  if (callbacks == 0) return;
  lua_pushvalue(L, callbacks);
  lua_setfield(L, -2, "callbacks");
}

// The manager's userdata is on top: its fields hold graph, callbacks and savers, whose functions they keep.
void keep_lua_parts(lua_State* L, int callbacks, int savers) {
  push_fields(L, -1);
  if (savers) {
    lua_pushvalue(L, savers);
    lua_setfield(L, -2, "savers");
  }
  lua_pushvalue(L, 1);
  lua_setfield(L, -2, "graph");
  keep_callbacks(L, callbacks);
  lua_pop(L, 1);
}

// `early_stopping = { patience = 3 }`, or true for what is usual.
Manager::Groups read_groups(lua_State* L, const Extras& extras) {
  Manager::Groups groups;
  for (const ManagerGroup& group : manager_groups()) {
    const int index = extras.at(group.name);
    if (index == 0 || (lua_isboolean(L, index) && !lua_toboolean(L, index))) continue;
    const std::string function = "manager: " + group.name;
    check(lua_istable(L, index) || lua_isboolean(L, index), Fault::usage,
          "{} must be a table of options, true or false, got {}", function, type_name(L, index));
    const int top = lua_gettop(L);
    if (lua_istable(L, index))
      lua_pushvalue(L, index);
    else
      lua_newtable(L);
    groups[group.name] = read_options(L, top + 1, group.attributes, function);
    lua_settop(L, top);
  }
  return groups;
}

// A setting that nothing reads would silently train something else than was asked for.
void require_used_config(lua_State* L) {
  for (const Border::Override& each : border(L).config_overrides)
    check(each.used, Fault::usage,
          "'{}={}' sets nothing: the script calls no orrery.config before its manager", each.key, each.value);
}

// core.manager(g, {optimizer(s)=, schedule(s)=, metrics=, train=, validate=, saver(s)=, callbacks=, epochs=,
// …})
int make_manager(lua_State* L) {
  const auto graph = share<Graph>(L, 1);
  Origin origin = border(L).sites.origin(L, nullptr, Expression::call("manager"));
  Extras extras{{"optimizer", 0}, {"optimizers", 0}, {"metrics", 0},   {"train", 0},    {"validate", 0},
                {"saver", 0},     {"savers", 0},     {"callbacks", 0}, {"schedule", 0}, {"schedules", 0}};
  for (const ManagerGroup& group : manager_groups()) extras[group.name] = 0;
  Attributes options = read_options(L, 2, manager_attributes(), "manager", &extras);
  Manager::Groups groups = read_groups(L, extras);
  require_used_config(L);
  apply_overrides(border(L).manager_overrides, options, groups);
  Manager::Parts parts;
  read_optimizers(L, either(extras, "optimizer", "optimizers"), parts);
  parts.metrics = read_metrics(L, extras["metrics"]);
  parts.savers = read_parts<Saver>(L, either(extras, "saver", "savers"), "saver");
  parts.schedules = read_schedules(L, either(extras, "schedule", "schedules"));
  if (int validate = extras["validate"]) parts.validate = read_part<DataSource>(L, validate, "validate");
  parts.train = train_source(L, extras["train"]);
  if (extras["callbacks"]) check_callbacks(L, extras["callbacks"]);
  parts.looks_before_update = look_before_update(L, extras["callbacks"]);
  for (const auto& optimizer : parts.optimizers) attach_once(*graph, optimizer);
  for (const auto& saver : parts.savers) attach_once(*graph, saver);
  auto manager =
      std::make_shared<Manager>(std::move(parts), std::move(options), std::move(origin), std::move(groups));
  attach_once(*graph, manager);
  push(L, manager);
  keep_lua_parts(L, extras["callbacks"], std::max(extras["saver"], extras["savers"]));
  return 1;
}

template <const char* Name>
int engine_method(lua_State* L) {
  get<Manager>(L, 1);
  return call_engine(L, (std::string("manager_") + Name).c_str(), (std::string("manager:") + Name).c_str());
}

// What needs a run that is going on, which a script that is only checked has none of.
template <const char* Name>
int logging_method(lua_State* L) {
  get<Manager>(L, 1);
  return call_engine(L, (std::string("manager_") + Name).c_str(), nullptr);
}

constexpr char kLog[] = "log", kArtifact[] = "artifact", kLogText[] = "log_text", kLogImage[] = "log_image";
constexpr char kRun[] = "run", kBatches[] = "batches", kForward[] = "forward", kFinish[] = "finish",
               kEvaluate[] = "evaluate", kPredict[] = "predict", kTest[] = "test", kLrFind[] = "lr_find";

// manager:reset_states(): in a loop by hand or a callback
int reset_states(lua_State* L) { return get<Manager>(L, 1).reset_states(), 0; }

// manager:stop([reason]): the run that goes on ends after its step
int stop(lua_State* L) {
  Manager& manager = get<Manager>(L, 1);
  const bool told = !lua_isnoneornil(L, 2);
  manager.ask_to_stop(told ? read_string(L, 2, "manager:stop", "a reason") : "the script asked to stop");
  return 0;
}

int index_manager(lua_State* L) {
  const Manager& manager = get<Manager>(L, 1);
  const std::string key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (key == "graph") {
    push_fields(L, 1);
    lua_getfield(L, -1, "graph");
    return 1;
  }
  for (const auto& entry : manager.options().entries())
    if (entry.name == key) return push_value(L, entry.value), 1;
  return 0;
}

std::string text_of_manager(void* object) {
  const Manager& manager = *static_cast<Manager*>(object);
  return fmt::format("Manager ({} epoch{} on {})", manager.options().integer("epochs"),
                     manager.options().integer("epochs") == 1 ? "" : "s", manager.options().text("device"));
}

}  // namespace

int call_engine(lua_State* L, const char* function, const char* written) {
  if (written) border(L).end_script_if_checking(written);
  const int arguments = lua_gettop(L);
  push_engine_function(L, function);
  lua_insert(L, 1);
  lua_call(L, arguments, LUA_MULTRET);
  return lua_gettop(L);
}

void attach_once(Graph& graph, const std::shared_ptr<Governor>& governor) {
  const auto& known = graph.governors();
  if (std::find(known.begin(), known.end(), governor) != known.end()) return;
  // What a block's function made vanishes when the function fails; a governor would go on pointing at it.
  if (graph.current_block().parent())
    throw Error(Fault::usage, fmt::format("{} cannot be made inside a block's function", governor->kind()),
                governor->origin().site, "Make it after the block was called.");
  graph.attach(governor);
  for (Use& use : uses_of(*governor)) mark(graph, std::move(use));
}

void open_manager(lua_State* L) {
  define_class<Saver>(L, {.text = text_of_saver});
  define_class<Manager>(L, {
                               .methods = {{"run", guarded<engine_method<kRun>>},
                                           {"batches", guarded<engine_method<kBatches>>},
                                           {"forward", guarded<engine_method<kForward>>},
                                           {"finish", guarded<engine_method<kFinish>>},
                                           {"evaluate", guarded<engine_method<kEvaluate>>},
                                           {"predict", guarded<engine_method<kPredict>>},
                                           {"lr_find", guarded<engine_method<kLrFind>>},
                                           {"stop", guarded<stop>},
                                           {"log", guarded<logging_method<kLog>>},
                                           {"artifact", guarded<logging_method<kArtifact>>},
                                           {"log_text", guarded<logging_method<kLogText>>},
                                           {"log_image", guarded<logging_method<kLogImage>>},
                                           {"test", guarded<engine_method<kTest>>},
                                           {"reset_states", guarded<reset_states>}},
                               .index = index_manager,
                               .text = text_of_manager,
                           });
  add_functions(L, {{"manager", guarded<make_manager>}, {"saver", guarded<make_saver>}});
}

}  // namespace orrery::lua
