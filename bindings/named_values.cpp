#include "bindings/named_values.h"

#include <algorithm>

#include "bindings/lua_args.h"
#include "bindings/objects.h"

namespace orrery::lua {
namespace {

NamedValue named_by_itself(const Value& value) {
  const bool several = value.node->outputs().size() > 1;
  return {value.node->path() + (several ? ":" + value.node->output_name(value.output) : ""), value};
}

}  // namespace

std::vector<NamedValue> read_named_values(lua_State* L, int index, const char* function) {
  if (is<GraphValue>(L, index)) return {named_by_itself(get<GraphValue>(L, index).value)};
  check(lua_istable(L, index), Fault::usage, "{}: expected Values, got {}", function, type_name(L, index));
  std::vector<NamedValue> values;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    check(is<GraphValue>(L, -1), Fault::usage, "{}: expected Values, got {}", function, type_name(L, -1));
    values.push_back(named_by_itself(get<GraphValue>(L, -1).value));
    if (lua_type(L, -2) == LUA_TSTRING && lua_objlen(L, -2) > 0) values.back().name = lua_tostring(L, -2);
    lua_pop(L, 1);
  }
  check(!values.empty(), Fault::usage, "{}: expected Values, got an empty table", function);
  std::ranges::stable_sort(values, {}, &NamedValue::name);
  return values;
}

}  // namespace orrery::lua
