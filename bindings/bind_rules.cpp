// The rules of a graph: told, silenced and made strict.
#include "bindings/border.h"
#include "bindings/findings.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "runtime/core/names.h"
#include "runtime/graph/rules.h"

namespace orrery::lua {
namespace {

void set_text(lua_State* L, const char* key, std::string_view text) {
  push_text(L, std::string(text));
  lua_setfield(L, -2, key);
}

void push_rule(lua_State* L, const RuleGroup& group, const Rule& rule) {
  lua_createtable(L, 0, 7);
  set_text(L, "number", rule.number);
  set_text(L, "code", rule.code);
  set_text(L, "severity", rule.severity == Severity::error ? "error" : "warning");
  set_text(L, "group", group.title);
  set_text(L, "what", rule.what);
  set_text(L, "example", rule.example);
  set_text(L, "remedy", rule.remedy);
}

const Rule& rule_named(const std::string& name) {
  if (const Rule* rule = find_rule(name)) return *rule;
  std::vector<std::string> known;
  for (const RuleGroup& group : rule_groups())
    for (const Rule& rule : group.rules)
      known.insert(known.end(), {std::string(rule.number), std::string(rule.code)});
  fail(Fault::usage, "there is no rule '{}'{}", name, did_you_mean(name, known));
}

Graph::Level read_level(lua_State* L, int index, const Rule& rule) {
  static const Attribute kLevel{.name = "a rule's level",
                                .type = AttributeType::text,
                                .doc = "what becomes of its findings",
                                .choices = {"off", "warning", "error"}};
  const AttributeValue value = checked(kLevel, read_value(L, index, kLevel));
  const std::string& word = std::get<std::string>(value);
  check(rule.severity == Severity::warning || word == "error", Fault::usage,
        "rules: {} ({}) is an error and stays one; only warnings can be turned off", rule.number, rule.code);
  return word == "off" ? Graph::Level::off : word == "error" ? Graph::Level::error : Graph::Level::warning;
}

// core.rules() → { {number=, code=, severity=, group=, what=, example=, remedy=}, … }
int list_rules(lua_State* L) {
  lua_newtable(L);
  int at = 0;
  for (const RuleGroup& group : rule_groups())
    for (const Rule& rule : group.rules) {
      push_rule(L, group, rule);
      lua_rawseti(L, -2, ++at);
    }
  return 1;
}

// core.rule(name) → its code; an unknown name is an error with the nearest known one
int rule_code(lua_State* L) {
  return push_text(L, std::string(rule_named(read_string(L, 1, "rule", "a name")).code)), 1;
}

}  // namespace

// g:rules{ O601 = "off", ["label-as-data"] = "error" }
int set_rules(lua_State* L) {
  Graph& graph = get<Graph>(L, 1);
  check(lua_istable(L, 2), Fault::usage, "rules: expected a table such as {{ O601 = \"off\" }}, got {}",
        type_name(L, 2));
  lua_pushnil(L);
  while (lua_next(L, 2)) {
    check(lua_type(L, -2) == LUA_TSTRING, Fault::usage, "rules: a rule has a name such as O601, got {}",
          type_name(L, -2));
    const Rule& rule = rule_named(lua_tostring(L, -2));
    graph.set_level(std::string(rule.code), read_level(L, lua_gettop(L), rule));
    lua_pop(L, 1);
  }
  lua_settop(L, 1);
  return 1;
}

void open_rules(lua_State* L) {
  add_functions(L, {{"rules", guarded<list_rules>}, {"rule", guarded<rule_code>}});
}

}  // namespace orrery::lua
