#include "bindings/script_record.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include "bindings/border.h"
#include "bindings/git_state.h"
#include "runtime/files/paths.h"

namespace orrery::lua {
namespace {

// A name in the registry that no Lua code sees.
constexpr const char* kParent = "orrery.parent_run";

}  // namespace

void set_parent_run(lua_State* L, const std::string& uid) {
  lua_pushlstring(L, uid.data(), uid.size());
  lua_setfield(L, LUA_REGISTRYINDEX, kParent);
}

RunInfo record_of_script(lua_State* L) {
  const Border::Script& script = border(L).script;
  RunInfo run;
  run.orrery_version = ORRERY_VERSION;
  run.working_folder = absolute_path(".");
  run.command = script.command;
  run.config_json = script.config_json;
  run.script_path = script.path;
  run.script_text = script.text;
  run.parent_uid = told_parent();
  run.project = last_folder(run.working_folder);
  if (const auto git = git_state(script.path.empty() ? "." : parent_folder(script.path))) {
    run.git_commit = git->commit;
    run.git_dirty = git->dirty;
    run.project = last_folder(git->top);
  }
  lua_getfield(L, LUA_REGISTRYINDEX, kParent);
  if (lua_type(L, -1) == LUA_TSTRING) run.parent_uid = lua_tostring(L, -1);
  lua_pop(L, 1);
  return run;
}

}  // namespace orrery::lua
