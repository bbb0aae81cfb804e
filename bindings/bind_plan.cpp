#include "bindings/border.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "runtime/governors/manager.h"

namespace orrery::lua {
namespace {

void push_options(lua_State* L, const Attributes& options) {
  lua_createtable(L, 0, static_cast<int>(options.entries().size()));
  for (const Attributes::Entry& entry : options.entries()) {
    push_value(L, entry.value);
    lua_setfield(L, -2, entry.name.c_str());
  }
}

// { kind =, samples =, batch =, batches = }; without batches where only the samples tell.
void push_source(lua_State* L, const DataSource& source) {
  lua_createtable(L, 0, 4);
  push_text(L, source.kind);
  lua_setfield(L, -2, "kind");
  lua_pushnumber(L, static_cast<double>(source.length));
  lua_setfield(L, -2, "samples");
  lua_pushnumber(L, static_cast<double>(source.batch()));
  lua_setfield(L, -2, "batch");
  if (const auto batches = source.batches()) {
    lua_pushnumber(L, static_cast<double>(*batches));
    lua_setfield(L, -2, "batches");
  }
}

void push_savers(lua_State* L, const std::vector<std::shared_ptr<Saver>>& savers) {
  lua_createtable(L, static_cast<int>(savers.size()), 0);
  for (size_t i = 0; i < savers.size(); ++i) {
    push_options(L, savers[i]->options());
    push_text(L, savers[i]->path());
    lua_setfield(L, -2, "path");
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
}

void push_plan(lua_State* L, const Manager& manager) {
  push_options(L, manager.options());
  for (const ManagerGroup& group : manager_groups()) {
    const Attributes* given = manager.group(group.name);
    if (!given) continue;
    push_options(L, *given);
    lua_setfield(L, -2, group.name.c_str());
  }
  const Manager::Parts& parts = manager.parts();
  if (parts.train) push_source(L, *parts.train), lua_setfield(L, -2, "train");
  if (parts.validate) push_source(L, *parts.validate), lua_setfield(L, -2, "validate");
  push_savers(L, parts.savers);
  lua_setfield(L, -2, "savers");
}

// core.plans(g) → what each manager of a graph would do: its options and tables by name, train, validate,
// savers
int plans(lua_State* L) {
  const auto graph = share<Graph>(L, 1);
  lua_newtable(L);
  int count = 0;
  for (const auto& governor : graph->governors()) {
    const auto* manager = dynamic_cast<const Manager*>(governor.get());
    if (!manager) continue;
    push_plan(L, *manager);
    lua_rawseti(L, -2, ++count);
  }
  return 1;
}

// core.only_warnings(): information is no longer logged
int only_warnings(lua_State* L) {
  Log& log = border(L).runtime->log;
  log.sink = [before = log.sink](Log::Level level, const std::string& text) {
    if (before && level == Log::Level::warning) before(level, text);
  };
  return 0;
}

}  // namespace

void open_plan(lua_State* L) {
  add_functions(L, {{"plans", guarded<plans>}, {"only_warnings", guarded<only_warnings>}});
}

}  // namespace orrery::lua
