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

// What `core.be_parent` told the programs that this one was begun by.
std::optional<std::string> told_parent() {
  const char* uid = std::getenv(kParentVariable);
  if (!uid || std::strlen(uid) != 32) return std::nullopt;
  return uid;
}

std::string last_folder(const std::string& path) { return std::filesystem::path(path).filename().native(); }

}  // namespace

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
  return run;
}

}  // namespace orrery::lua
