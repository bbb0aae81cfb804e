#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bindings/border.h"
#include "bindings/engine_door.h"
#include "bindings/error_text.h"
#include "bindings/findings.h"
#include "bindings/lua_args.h"
#include "bindings/lua_state.h"
#include "bindings/objects.h"
#include "runtime/core/names.h"
#include "runtime/files/atomic_writer.h"
#include "runtime/files/paths.h"
#include "runtime/files/read_file.h"
#include "runtime/history/database.h"
#include "runtime/history/log_tap.h"

namespace orrery::lua {
namespace {

constexpr std::uint64_t kLongestText = 64 << 20;

const std::map<std::string, Fault>& faults() {
  static const std::map<std::string, Fault> kFaults{{"run", Fault::run},
                                                    {"usage", Fault::usage},
                                                    {"check", Fault::check},
                                                    {"input_file", Fault::input_file},
                                                    {"memory", Fault::memory},
                                                    {"diverged", Fault::diverged},
                                                    {"write", Fault::write},
                                                    {"interrupted", Fault::interrupted},
                                                    {"terminated", Fault::terminated}};
  return kFaults;
}

std::string word(Fault fault) {
  for (const auto& [name, known] : faults())
    if (known == fault) return name;
  return "run";
}

// Errors.

// core.fail(fault, message[, remedy]): raises an error with an exit code
int raise_fault(lua_State* L) {
  const std::string name = read_string(L, 1, "fail", "a fault");
  auto found = faults().find(name);
  check(found != faults().end(), Fault::usage, "fail: there is no fault '{}'", name);
  throw Error(found->second, read_string(L, 2, "fail", "a message"), {}, luaL_optstring(L, 3, ""));
}

Fault fault_of_text(const std::string& text) {
  return text.ends_with("not enough memory") ? Fault::memory : Fault::run;
}

// core.error_info(error) → { fault =, exit_code =, findings = }: of any error value that reached Lua
int error_info(lua_State* L) {
  const std::string text = lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : "";
  const ErrorRecord* record = border(L).find_error(text);
  const Fault fault = record ? record->fault : fault_of_text(text);
  lua_createtable(L, 0, 3);
  push_text(L, word(fault));
  lua_setfield(L, -2, "fault");
  lua_pushnumber(L, static_cast<int>(fault));
  lua_setfield(L, -2, "exit_code");
  push_findings(L, record ? record->findings : std::vector<Finding>{});
  lua_setfield(L, -2, "findings");
  return 1;
}

// core.error_text(error) → what a person reads of any error value
int error_text(lua_State* L) { return luaL_checkany(L, 1), push_text(L, text_of_error(L, 1)), 1; }

// core.nearest(name, candidates) → ` (did you mean 'x'?)` or an empty text
int nearest_text(lua_State* L) {
  const std::string name = read_string(L, 1, "nearest", "a name");
  luaL_checktype(L, 2, LUA_TTABLE);
  std::vector<std::string> candidates;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, 2)); ++i) {
    lua_rawgeti(L, 2, i);
    candidates.push_back(read_string(L, -1, "nearest", "a candidate"));
    lua_pop(L, 1);
  }
  return push_text(L, did_you_mean(name, candidates)), 1;
}

// Modes.

// core.set_mode("run"|"check")
int set_mode(lua_State* L) {
  const std::string mode = read_string(L, 1, "set_mode", "a mode");
  check(mode == "run" || mode == "check", Fault::usage, "set_mode: the mode is 'run' or 'check', got '{}'",
        mode);
  border(L).set_mode(mode == "check" ? Border::Mode::check : Border::Mode::run);
  return 0;
}

// core.ended() → the call at which a checked script ended, or nil; the verb may then call on. Must work
// while every other call is refused.
int ended(lua_State* L) {
  const auto& call = border(L).ended_at();
  if (!call) return lua_pushnil(L), 1;
  return push_text(L, *call), 1;
}

// core.go_on(): what made the script end is over; its graphs stay
int go_on(lua_State* L) {
  border(L).forget_end();
  return 0;
}

// core.end_if_checking(call): for calls of the library's own that train, evaluate or write weights
int end_if_checking(lua_State* L) {
  border(L).end_script_if_checking(read_string(L, 1, "end_if_checking", "a call"));
  return 0;
}

// Scripts.

// What runs, for the history: its file, its text, the program's arguments.
void record_script(lua_State* L, const std::string& path) {
  Border::Script& script = border(L).script;
  script = {};
  script.path = path;
  script.text = read_text(path, kLongestText);
  for (int i = 1; lua_istable(L, 2) && i <= static_cast<int>(lua_objlen(L, 2)); ++i) {
    lua_rawgeti(L, 2, i);
    script.command.push_back(read_string(L, -1, "load_script", "an argument"));
    lua_pop(L, 1);
  }
}

// core.load_script(path[, command]) → function; `command` lists the program's arguments, for the history
int load_script(lua_State* L) {
  const std::string path = read_string(L, 1, "load_script", "a file");
  record_script(L, path);
  push_chunk(L, border(L).script.text, path);
  return 1;
}

// core.note_script(path[, command]): what runs is no script of Lua, but a file that takes its place
int note_script(lua_State* L) {
  record_script(L, read_string(L, 1, "note_script", "a file"));
  return 0;
}

// core.add_library(prefix): frames of chunks whose names begin so are not the script's
int add_library(lua_State* L) {
  border(L).sites.add_library(read_string(L, 1, "add_library", "a prefix"));
  return 0;
}

// Engine.

int engine(lua_State* L) { return push_engine(L), 1; }
int engine_open(lua_State* L) { return lua_pushboolean(L, engine_is_open(L)), 1; }

// core.script_failed(reason): what the script left open has failed
int script_failed(lua_State* L) {
  const std::string reason = read_string(L, 1, "script_failed", "a reason");
  const bool stopped = border(L).runtime->stop.load() != 0;
  border(L).open_runs.end(stopped ? RunStatus::interrupted : RunStatus::failed, reason);
  if (!engine_is_open(L)) return 0;
  push_engine_function(L, "fail_open_run");
  push_text(L, reason);
  return lua_call(L, 1, 0), 0;
}

// core.script_exits(code): the script is about to end the program, in whose stack nothing is unwound
int script_exits(lua_State* L) {
  const auto code = read_integer(L, 1, "script_exits", "an exit code");
  const std::string why = fmt::format("the script ended with os.exit({})", code);
  const bool failed = code != 0;
  Border& of = border(L);
  for (auto run = of.running.rbegin(); run != of.running.rend(); ++run) (*run)(failed, why);
  of.open_runs.end(failed ? RunStatus::failed : RunStatus::done, why);
  if (!engine_is_open(L)) return 0;
  push_engine_function(L, "exit_open_run");
  lua_pushboolean(L, failed);
  push_text(L, why);
  return lua_call(L, 2, 0), 0;
}

// core.seed(n): the next layers are initialised as PyTorch's after torch.manual_seed(n)
int seed(lua_State* L) {
  const std::int64_t number = read_integer(L, 1, "seed", "a seed");
  check(number >= 0, Fault::usage, "seed: a seed is at least 0, got {}", number);
  border(L).runtime->draws.seed(static_cast<std::uint64_t>(number));
  if (!engine_is_open(L)) return 0;
  push_engine_function(L, "seed");
  lua_pushnumber(L, static_cast<double>(number));
  lua_call(L, 1, 0);
  return 0;
}

// The machine.

// core.version() → { orrery =, luajit =, sqlite =, build =, sanitizers = }: the last empty for none
int version(lua_State* L) {
  lua_createtable(L, 0, 5);
  push_text(L, sqlite_version());
  lua_setfield(L, -2, "sqlite");
  lua_pushliteral(L, ORRERY_BUILD_TYPE);
  lua_setfield(L, -2, "build");
  lua_pushliteral(L, ORRERY_SANITIZE);
  lua_setfield(L, -2, "sanitizers");
  lua_pushliteral(L, ORRERY_VERSION);
  lua_setfield(L, -2, "orrery");
  lua_pushliteral(L, LUAJIT_VERSION);
  lua_setfield(L, -2, "luajit");
  return 1;
}

// core.terminal("stdin"|"stdout"|"stderr") → its width in columns, or nil when it is none
int terminal(lua_State* L) {
  const std::string stream = read_string(L, 1, "terminal", "a stream");
  const int file = stream == "stdin" ? STDIN_FILENO : stream == "stderr" ? STDERR_FILENO : STDOUT_FILENO;
  winsize size{};
  if (!isatty(file)) return lua_pushnil(L), 1;
  const bool told = ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return lua_pushnumber(L, told ? size.ws_col : 80), 1;
}

// core.printed("stdout"|"stderr", text): something was printed; the runs that go on keep its lines
int tell_printed(lua_State* L) {
  const bool err = read_string(L, 1, "printed", "a stream") == "stderr";
  size_t size = 0;
  const char* text = luaL_checklstring(L, 2, &size);
  printed(*border(L).runtime, err ? LogLine::Stream::err : LogLine::Stream::out, {text, size});
  return 0;
}

int clock(lua_State* L) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return lua_pushnumber(L, std::chrono::duration<double>(now).count()), 1;
}

// core.no_input(): standard input is at its end, for this process and those it starts
int no_input(lua_State*) {
  const int nothing = open("/dev/null", O_RDONLY);
  check(nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0, Fault::run, "cannot read '/dev/null': {}",
        std::strerror(errno));
  if (nothing != STDIN_FILENO) close(nothing);
  return 0;
}

// core.stopped() → the signal that asked to stop, or nil
int stopped(lua_State* L) {
  const int signal = border(L).runtime->stop.load();
  if (signal == 0) return lua_pushnil(L), 1;
  return lua_pushnumber(L, signal), 1;
}

// Files: the one layer that writes atomically and words its errors.

int read_file(lua_State* L) {
  return push_text(L, read_text(read_string(L, 1, "read_file", "a path"), kLongestText)), 1;
}
int write_file(lua_State* L) {
  write_atomically(read_string(L, 1, "write_file", "a path"), read_string(L, 2, "write_file", "the text"));
  return 0;
}
int file_exists(lua_State* L) { return lua_pushboolean(L, exists(read_string(L, 1, "exists", "a path"))), 1; }
int folder_exists(lua_State* L) {
  return lua_pushboolean(L, is_folder(read_string(L, 1, "is_folder", "a path"))), 1;
}
int absolute(lua_State* L) {
  return push_text(L, absolute_path(read_string(L, 1, "absolute_path", "a path"))), 1;
}

// core.make_folder(path): with those above it that are missing
int make_folder(lua_State* L) {
  create_directories(read_string(L, 1, "make_folder", "a path"));
  return 0;
}

int list(lua_State* L) {
  const std::vector<std::string> names = list_folder(read_string(L, 1, "list_folder", "a path"));
  lua_createtable(L, static_cast<int>(names.size()), 0);
  for (size_t i = 0; i < names.size(); ++i) {
    push_text(L, names[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  return 1;
}

}  // namespace

void open_program(lua_State* L) {
  add_functions(L, {{"fail", guarded<raise_fault>},
                    {"error_info", guarded_always<error_info>},
                    {"error_text", guarded_always<error_text>},
                    {"nearest", guarded_always<nearest_text>},
                    {"set_mode", guarded_always<set_mode>},
                    {"ended", guarded_always<ended>},
                    {"go_on", guarded_always<go_on>},
                    {"end_if_checking", guarded<end_if_checking>},
                    {"load_script", guarded<load_script>},
                    {"note_script", guarded<note_script>},
                    {"add_library", guarded_always<add_library>},
                    {"engine", guarded<engine>},
                    {"engine_is_open", guarded_always<engine_open>},
                    {"script_failed", guarded_always<script_failed>},
                    {"script_exits", guarded_always<script_exits>},
                    {"seed", guarded<seed>},
                    {"version", guarded_always<version>},
                    {"terminal", guarded_always<terminal>},
                    {"printed", guarded_always<tell_printed>},
                    {"clock", guarded_always<clock>},
                    {"no_input", guarded<no_input>},
                    {"stopped", guarded_always<stopped>},
                    {"read_file", guarded<read_file>},
                    {"write_file", guarded<write_file>},
                    {"exists", guarded<file_exists>},
                    {"is_folder", guarded<folder_exists>},
                    {"absolute_path", guarded<absolute>},
                    {"make_folder", guarded<make_folder>},
                    {"list_folder", guarded<list>}});
}

}  // namespace orrery::lua
