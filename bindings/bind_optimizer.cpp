#include <algorithm>

#include <fmt/format.h>

#include "bindings/border.h"
#include "bindings/engine_door.h"
#include "bindings/governed.h"
#include "bindings/lua_args.h"

namespace orrery::lua {

/// One group of an optimizer as Lua holds it.
struct OptimizerGroup {
  std::shared_ptr<Optimizer> optimizer;
  size_t place;
};

template <>
struct LuaClass<OptimizerGroup> {
  static constexpr const char* name = "OptimizerGroup";
};

namespace {

/// The arguments of `optim.AdamW(params, {lr =, loss =})` while they are read.
struct Asked {
  const OptimizerKind& kind;
  std::string function;  // `optim.AdamW`
  std::shared_ptr<Graph> graph;
  std::vector<ParameterPtr> constants = {};  // those among the targets that are not trained until now
};

Target read_target(lua_State* L, int index, Asked& asked) {
  if (is<Parameter>(L, index)) return {share<Parameter>(L, index), {}};
  if (is<GraphValue>(L, index)) {
    const GraphValue& given = get<GraphValue>(L, index);
    const ParameterPtr& constant = given.value.node->constant();
    asked.graph = given.graph;
    if (constant && !constant->trainable) asked.constants.push_back(constant);
    return {nullptr, given.value};
  }
  if (is_tensor(L, index)) {
    push_engine_function(L, "parameter_of_tensor");
    lua_pushvalue(L, index);
    lua_call(L, 1, 1);
    return {share<Parameter>(L, -1), {}};
  }
  throw Error(
      Fault::usage,
      fmt::format("{}: expected a parameter or a value to be updated, got {}", asked.function,
                  type_name(L, index)),
      {}, "Give g:parameters() or model:parameters(), or a list of groups such as { params = …, lr = … }.");
}

std::vector<Target> read_targets(lua_State* L, int index, Asked& asked) {
  std::vector<Target> targets;
  if (!lua_istable(L, index)) {
    targets.push_back(read_target(L, index, asked));
    return targets;
  }
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    luaL_checkstack(L, 8, "too many values");
    lua_rawgeti(L, index, i);
    targets.push_back(read_target(L, lua_gettop(L), asked));
    lua_settop(L, std::max(index, lua_gettop(L) - 1));
  }
  check(!targets.empty(), Fault::usage, "{}: the list of parameters is empty", asked.function);
  return targets;
}

bool is_group(lua_State* L, int index) {
  if (!lua_istable(L, index)) return false;
  lua_getfield(L, index, "params");
  const bool group = !lua_isnil(L, -1);
  lua_pop(L, 1);
  return group;
}

// A group's options override the optimizer's.
ParameterGroup read_group(lua_State* L, int index, const Attributes& defaults, Asked& asked) {
  std::vector<Attribute> schema = asked.kind.attributes;
  for (Attribute& attribute : schema) {
    attribute.value = defaults.at(attribute.name);
    attribute.required = false;
  }
  lua_pushvalue(L, index);
  Extras extras{{"params", 0}};
  const std::string function = asked.function + ": a group";
  Attributes options = read_options(L, lua_gettop(L), schema, function, &extras);
  return {read_targets(L, extras.at("params"), asked), std::move(options)};
}

std::vector<ParameterGroup> read_groups(lua_State* L, int index, const Attributes& options, Asked& asked) {
  std::vector<ParameterGroup> groups;
  if (is_group(L, index)) {
    groups.push_back(read_group(L, index, options, asked));
    return groups;
  }
  bool grouped = false;
  if (lua_istable(L, index)) {
    lua_rawgeti(L, index, 1);
    grouped = is_group(L, lua_gettop(L));
    lua_pop(L, 1);
  }
  if (!grouped) {
    groups.push_back({read_targets(L, index, asked), options});
    return groups;
  }
  const int top = lua_gettop(L);
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    check(is_group(L, lua_gettop(L)), Fault::usage, "{}: entry {} is no group with params", asked.function,
          i);
    groups.push_back(read_group(L, lua_gettop(L), options, asked));
    lua_settop(L, top);
  }
  return groups;
}

// A constant shares its tensor with the script, and perhaps with data, which training shall not change.
void separate_trained(lua_State* L, const std::vector<ParameterPtr>& constants) {
  for (const ParameterPtr& constant : constants) {
    if (!constant->trainable || !constant->data) continue;
    push_engine_function(L, "separate_tensor");
    push(L, constant);
    lua_call(L, 1, 0);
  }
}

// Keeps the graph alive with the optimizer, which points to its nodes.
void keep_graph(lua_State* L, const std::shared_ptr<Graph>& graph) {
  if (!graph) return;
  push_fields(L, -1);
  push(L, graph);
  lua_setfield(L, -2, "graph");
  lua_pop(L, 1);
}

// upvalue: the kind
int make_optimizer(lua_State* L) {
  const auto& kind = *static_cast<const OptimizerKind*>(lua_touserdata(L, lua_upvalueindex(1)));
  Asked asked{kind, "optim." + kind.name, nullptr};
  Border& state = border(L);
  Origin origin = state.sites.origin(L, nullptr, Expression::call(kind.name));
  check(lua_gettop(L) >= 1 && !lua_isnil(L, 1), Fault::usage, "{}: expected the parameters first, got {}",
        asked.function, type_name(L, 1));
  Extras extras{{"loss", 0}};
  const Attributes options = read_options(L, 2, kind.attributes, asked.function, &extras);
  const int given_loss = extras.at("loss");
  Value loss;
  if (given_loss) {
    check(is<GraphValue>(L, given_loss), Fault::usage, "{}: loss must be a Value, got {}", asked.function,
          type_name(L, given_loss));
    loss = get<GraphValue>(L, given_loss).value;
  }
  std::vector<ParameterGroup> groups = read_groups(L, 1, options, asked);
  if (loss) asked.graph = get<GraphValue>(L, given_loss).graph;
  auto optimizer = std::make_shared<Optimizer>(kind, std::move(groups), loss, std::move(origin));
  separate_trained(L, asked.constants);
  if (loss) attach_once(*asked.graph, optimizer);
  push(L, optimizer);
  keep_graph(L, asked.graph);
  return 1;
}

int step(lua_State* L) { return get<Optimizer>(L, 1), call_engine(L, "optimizer_step", "optimizer:step"); }
int zero_grad(lua_State* L) { return get<Optimizer>(L, 1), call_engine(L, "optimizer_zero_grad", nullptr); }

// Reads the value that a script assigns to an option: (object, name, value).
AttributeValue read_option(lua_State* L, const Optimizer& optimizer, const std::string& name) {
  for (const Attribute& attribute : optimizer.optimizer().attributes)
    if (attribute.name == name) return read_value(L, 3, attribute);
  return {};  // unknown: the optimizer says so
}

std::string key_of(lua_State* L) {
  return lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : type_name(L, 2);
}

bool push_option(lua_State* L, const ParameterGroup& group, const std::string& key) {
  for (const auto& entry : group.options.entries())
    if (entry.name == key) return push_value(L, entry.value), true;
  return false;
}

// The groups are made once, so that they compare as the objects that they are.
void push_groups(lua_State* L) {
  push_fields(L, 1);
  lua_getfield(L, -1, "param_groups");
  if (lua_istable(L, -1)) return;
  const auto optimizer = share<Optimizer>(L, 1);
  lua_newtable(L);
  for (size_t i = 0; i < optimizer->groups().size(); ++i) {
    push(L, std::make_shared<OptimizerGroup>(OptimizerGroup{optimizer, i}));
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  lua_pushvalue(L, -1);
  lua_setfield(L, -4, "param_groups");
}

// Options of the first group are members: `optimizer.lr`.
int index_optimizer(lua_State* L) {
  const Optimizer& optimizer = get<Optimizer>(L, 1);
  const std::string key = key_of(L);
  if (key == "kind") return push_text(L, optimizer.kind()), 1;
  if (key == "state_bytes") return lua_pushnumber(L, static_cast<double>(optimizer.state_bytes())), 1;
  if (key == "param_groups") return push_groups(L), 1;
  return push_option(L, optimizer.groups().front(), key) ? 1 : 0;
}

// optimizer.lr = 0.01: of all groups, from the next step on
int assign_optimizer(lua_State* L) {
  Optimizer& optimizer = get<Optimizer>(L, 1);
  const std::string key = key_of(L);
  return optimizer.set_option(key, read_option(L, optimizer, key)), 0;
}

int index_group(lua_State* L) {
  const OptimizerGroup& group = get<OptimizerGroup>(L, 1);
  const ParameterGroup& own = group.optimizer->groups()[group.place];
  if (key_of(L) == "params") return push_parameters(L, Optimizer::parameters(own)), 1;
  return push_option(L, own, key_of(L)) ? 1 : 0;
}

// optimizer.param_groups[2].lr = 0.01
int assign_group(lua_State* L) {
  const OptimizerGroup& group = get<OptimizerGroup>(L, 1);
  const std::string key = key_of(L);
  return group.optimizer->set_option(group.place, key, read_option(L, *group.optimizer, key)), 0;
}

std::string text_of_group(void* object) {
  const OptimizerGroup& group = *static_cast<OptimizerGroup*>(object);
  const ParameterGroup& own = group.optimizer->groups()[group.place];
  return fmt::format("OptimizerGroup({} tensor{}, lr={})", own.targets.size(),
                     own.targets.size() == 1 ? "" : "s", str(own.options.at("lr")));
}

std::string text_of_optimizer(void* object) {
  const Optimizer& optimizer = *static_cast<Optimizer*>(object);
  size_t tensors = 0;
  for (const ParameterGroup& group : optimizer.groups()) tensors += group.targets.size();
  const auto& options = optimizer.groups().front().options;
  return fmt::format("{}({} tensor{}, lr={})", optimizer.kind(), tensors, tensors == 1 ? "" : "s",
                     str(options.at("lr")));
}

// core.optimizer(name): the constructor `optim.<name>`
int optimizer_constructor(lua_State* L) {
  const OptimizerKind& kind = optimizer_kind(read_string(L, 1, "optim", "the name of an optimizer"));
  lua_pushlightuserdata(L, const_cast<OptimizerKind*>(&kind));
  lua_pushcclosure(L, guarded<make_optimizer>, 1);
  return 1;
}

}  // namespace

void open_optimizer(lua_State* L) {
  define_class<Optimizer>(L, {
                                 .methods = {{"step", guarded<step>}, {"zero_grad", guarded<zero_grad>}},
                                 .metamethods = {{"__newindex", guarded<assign_optimizer>}},
                                 .index = index_optimizer,
                                 .text = text_of_optimizer,
                             });
  define_class<OptimizerGroup>(L, {
                                      .metamethods = {{"__newindex", guarded<assign_group>}},
                                      .index = index_group,
                                      .text = text_of_group,
                                  });
  add_functions(L, {{"optimizer", guarded<optimizer_constructor>}});
}

}  // namespace orrery::lua
