#include "bindings/script_record.h"

#include "bindings/border.h"
#include "bindings/git_state.h"
#include "runtime/files/paths.h"

namespace orrery::lua {

RunInfo record_of_script(lua_State* L) {
  const Border::Script& script = border(L).script;
  RunInfo run;
  run.orrery_version = ORRERY_VERSION;
  run.working_folder = absolute_path(".");
  run.command = script.command;
  run.config_json = script.config_json;
  run.script_path = script.path;
  run.script_text = script.text;
  if (const auto git = git_state(script.path.empty() ? "." : parent_folder(script.path))) {
    run.git_commit = git->commit;
    run.git_dirty = git->dirty;
  }
  return run;
}

}  // namespace orrery::lua
