// Learning-rate schedules: optim.lr_scheduler.
#include <fmt/format.h>

#include "bindings/border.h"
#include "bindings/governed.h"
#include "bindings/kept_values.h"
#include "bindings/lua_args.h"

namespace orrery::lua {
namespace {

/// The functions of a schedule, one for all groups or one each.
struct Functions {
  std::string name;  // `LambdaLR`
  std::shared_ptr<KeptValues> values;
  std::vector<KeptValue> list;

  double call(size_t group, double x) const {
    check(values->callable(), Fault::run, "{} is of Lua functions, and was stepped on another thread", name);
    double result = 0;
    try {
      values->run([&](lua_State* L) {
        (list.size() == 1 ? list.front() : list.at(group)).push(L);
        lua_pushnumber(L, x);
        lua_call(L, 1, 1);
        check(lua_type(L, -1) == LUA_TNUMBER, Fault::run, "{}: its function must return a number, got {}",
              name, type_name(L, -1));
        result = lua_tonumber(L, -1);
      });
    } catch (const LuaFailure& failure) {
      throw Error(Fault::run, fmt::format("the function of {} failed: {}", name, failure.what()));
    }
    return result;
  }
};

ScheduleFunction read_functions(lua_State* L, int index, const ScheduleKind& kind, size_t groups) {
  auto functions = std::make_shared<Functions>();
  functions->name = kind.name;
  functions->values = border(L).kept;
  const auto add = [&](int at) {
    check(lua_isfunction(L, at), Fault::usage, "{}: {} must be a function or one for each group, got {}",
          kind.name, kind.part, type_name(L, at));
    functions->list.emplace_back(L, at, border(L).kept);
  };
  if (!lua_istable(L, index)) {
    add(index);
  } else {
    for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
      lua_rawgeti(L, index, i);
      add(lua_gettop(L));
      lua_pop(L, 1);
    }
    check(functions->list.size() == groups, Fault::usage,
          "{}: the optimizer has {} {}, and {} has {} functions", kind.name, groups,
          groups == 1 ? "group" : "groups", kind.part, functions->list.size());
  }
  return [functions](size_t group, double x) { return functions->call(group, x); };
}

std::vector<std::shared_ptr<Schedule>> read_schedules(lua_State* L, int index, const ScheduleKind& kind) {
  check(lua_istable(L, index), Fault::usage, "{}: {} must be a list of schedules, got {}", kind.name,
        kind.part, type_name(L, index));
  std::vector<std::shared_ptr<Schedule>> schedules;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    check(is<Schedule>(L, -1), Fault::usage, "{}: entry {} of {} is no schedule, but {}", kind.name, i,
          kind.part, type_name(L, -1));
    schedules.push_back(share<Schedule>(L, -1));
    lua_pop(L, 1);
  }
  return schedules;
}

// The argument beside the options may stand by itself: a function, or a list of functions or schedules.
bool is_part(lua_State* L, int index) {
  if (lua_isfunction(L, index)) return true;
  if (!lua_istable(L, index)) return false;
  lua_rawgeti(L, index, 1);
  const bool part = lua_isfunction(L, -1) || is<Schedule>(L, -1);
  lua_pop(L, 1);
  return part;
}

void read_part(lua_State* L, int part, const ScheduleKind& kind, ScheduleParts& parts) {
  const bool compound = kind.form == ScheduleKind::Form::chain || kind.form == ScheduleKind::Form::sequence;
  if (compound)
    parts.schedules = read_schedules(L, part, kind);
  else
    parts.function = read_functions(L, part, kind, parts.optimizer->groups().size());
}

// upvalue: the kind. (optimizer[, part], options…); of a chain (schedules[, optimizer])
int make_schedule(lua_State* L) {
  const auto& kind = *static_cast<const ScheduleKind*>(lua_touserdata(L, lua_upvalueindex(1)));
  const std::string function = "optim.lr_scheduler." + kind.name;
  Origin origin = border(L).sites.origin(L, nullptr, Expression::call(kind.name));
  const bool chain = kind.form == ScheduleKind::Form::chain;
  if (chain && is_part(L, 1) && !is<Optimizer>(L, 2)) {
    lua_pushnil(L);
    lua_insert(L, 1);
  } else if (chain && is_part(L, 1)) {
    lua_pushvalue(L, 2);
    lua_insert(L, 1);
    lua_remove(L, 3);
  }
  ScheduleParts parts;
  if (is<Optimizer>(L, 1)) parts.optimizer = share<Optimizer>(L, 1);
  check(chain || parts.optimizer, Fault::usage, "{}: expected an optimizer first, got {}", function,
        type_name(L, 1));
  Extras extras;
  if (!kind.part.empty()) extras[kind.part] = 0;
  const bool alone = !kind.part.empty() && is_part(L, 2);
  const Attributes options = read_options(L, alone ? 3 : 2, kind.attributes, function, &extras);
  const int part = alone ? 2 : kind.part.empty() ? 0 : extras.at(kind.part);
  if (part != 0) read_part(L, part, kind, parts);
  push(L, Schedule::make(kind, std::move(parts), options, std::move(origin)));
  push_fields(L, -1);
  lua_pushvalue(L, 1);  // the optimizer, which keeps its graph
  lua_setfield(L, -2, "optimizer");
  return lua_pop(L, 1), 1;
}

// A number, or a tensor that holds one.
double read_watched(lua_State* L, int index) {
  if (is_tensor(L, index)) {
    lua_getfield(L, index, "item");
    lua_pushvalue(L, index);
    lua_call(L, 1, 1);
    lua_replace(L, index);
  }
  return read_number(L, index, "scheduler:step", "number", 0);
}

// scheduler:step([number])
int step(lua_State* L) {
  Schedule& schedule = get<Schedule>(L, 1);
  if (lua_isnoneornil(L, 2)) return schedule.step(), 0;
  return schedule.step(read_watched(L, 2)), 0;
}

int push_rates(lua_State* L, const std::vector<double>& rates) {
  lua_createtable(L, static_cast<int>(rates.size()), 0);
  for (size_t i = 0; i < rates.size(); ++i) {
    lua_pushnumber(L, rates[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  return 1;
}

// scheduler:get_last_lr() → one number a group
int get_last_lr(lua_State* L) { return push_rates(L, get<Schedule>(L, 1).last_rates()); }

// scheduler:state_dict() → numbers by name
int state_dict(lua_State* L) {
  lua_newtable(L);
  for (const Schedule::Number& number : get<Schedule>(L, 1).state()) {
    lua_pushnumber(L, number.value);
    lua_setfield(L, -2, number.name.c_str());
  }
  return 1;
}

// scheduler:load_state_dict(numbers)
int load_state_dict(lua_State* L) {
  Schedule& schedule = get<Schedule>(L, 1);
  check(lua_istable(L, 2), Fault::usage, "scheduler:load_state_dict: expected a table of numbers, got {}",
        type_name(L, 2));
  std::vector<Schedule::Number> state;
  lua_pushnil(L);
  while (lua_next(L, 2)) {
    check(lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TNUMBER, Fault::usage,
          "scheduler:load_state_dict: expected numbers by name, got {}", type_name(L, -1));
    state.push_back({lua_tostring(L, -2), lua_tonumber(L, -1)});
    lua_pop(L, 1);
  }
  return schedule.load_state(state), 0;
}

int index_schedule(lua_State* L) {
  const Schedule& schedule = get<Schedule>(L, 1);
  const std::string key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (key == "kind") return push_text(L, schedule.kind()), 1;
  if (key == "optimizer") return push(L, schedule.optimizer()), 1;
  if (key == "last_epoch") return lua_pushnumber(L, static_cast<double>(schedule.last_epoch())), 1;
  for (const auto& entry : schedule.options().entries())
    if (entry.name == key) return push_value(L, entry.value), 1;
  return 0;
}

std::string text_of_schedule(void* object) {
  const Schedule& schedule = *static_cast<Schedule*>(object);
  return fmt::format("{}(step {}, lr={})", schedule.kind(), schedule.last_epoch(),
                     schedule.last_rates().front());
}

// core.scheduler(name): the constructor `optim.lr_scheduler.<name>`
int schedule_constructor(lua_State* L) {
  const ScheduleKind& kind = schedule_kind(read_string(L, 1, "optim.lr_scheduler", "the name of a schedule"));
  lua_pushlightuserdata(L, const_cast<ScheduleKind*>(&kind));
  lua_pushcclosure(L, guarded<make_schedule>, 1);
  return 1;
}

// core.schedulers() → their descriptions; `part` names the argument beside the options
int list_schedules(lua_State* L) {
  lua_newtable(L);
  int at = 0;
  for (const ScheduleKind& kind : schedule_kinds()) {
    push_described(L, kind.name, kind.doc, kind.attributes);
    push_text(L, kind.part);
    lua_setfield(L, -2, "part");
    lua_rawseti(L, -2, ++at);
  }
  return 1;
}

}  // namespace

void open_schedule(lua_State* L) {
  define_class<Schedule>(L, {
                                .methods = {{"step", guarded<step>},
                                            {"get_last_lr", guarded<get_last_lr>},
                                            {"state_dict", guarded<state_dict>},
                                            {"load_state_dict", guarded<load_state_dict>}},
                                .index = index_schedule,
                                .text = text_of_schedule,
                            });
  add_functions(L, {{"scheduler", guarded<schedule_constructor>}, {"schedulers", guarded<list_schedules>}});
}

}  // namespace orrery::lua
