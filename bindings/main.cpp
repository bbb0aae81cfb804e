// The program `orrery`: a LuaJIT state, the paths of its Lua files, and the verb that the command line
// names. What verbs do is written in Lua (scripts/, stdlib/orrery/cli/).

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "bindings/border.h"
#include "bindings/error_text.h"
#include "bindings/lua_args.h"
#include "bindings/lua_state.h"
#include "runtime/core/error.h"
#include "runtime/core/mkl_override.h"
#include "runtime/core/signals.h"
#include "runtime/files/file_system.h"
#include "runtime/files/paths.h"

namespace orrery::lua {
namespace {

/// Where the Lua files and the Lua modules lie: beside the program in a build, under the prefix when
/// installed.
struct Places {
  std::string lua;
  std::string modules;
};

std::string own_folder() {
  char path[4096];
  const ssize_t length = posix_files().readlink("/proc/self/exe", path, sizeof path);
  check(length > 0, Fault::run, "the program cannot find itself: /proc/self/exe is not to be read");
  return parent_folder(std::string(path, static_cast<size_t>(length)));
}

Places find_places() {
  const std::string folder = own_folder();
  const std::string prefix = parent_folder(folder);
  for (const Places& places : {Places{folder + "/lua", folder + "/lua"},
                               Places{prefix + "/share/lua/5.1", prefix + "/" ORRERY_MODULE_FOLDER}})
    if (exists(places.lua + "/orrery/init.lua")) return places;
  throw Error(Fault::run,
              "Orrery's Lua files are neither in " + folder + "/lua nor in " + prefix + "/share/lua/5.1", {},
              "Install or build Orrery again.");
}

// In front of the user's own, so that another Orrery on LUA_PATH cannot mix with this program.
void put_before(lua_State* L, const char* field, const std::string& paths) {
  lua_getglobal(L, "package");
  lua_getfield(L, -1, field);
  push_text(L, paths + ";" + lua_tostring(L, -1));
  lua_setfield(L, -3, field);
  lua_pop(L, 2);
}

void set_paths(lua_State* L, const Places& places) {
  put_before(L, "path", places.lua + "/?.lua;" + places.lua + "/?/init.lua");
  put_before(L, "cpath", places.modules + "/?.so");
  border(L).sites.add_library("@" + places.lua + "/orrery/");
}

// Calls require("orrery.cli.main")(arguments); leaves its answer or an error value.
int call_main(lua_State* L, const std::vector<std::string>& arguments) {
  lua_getglobal(L, "require");
  push_text(L, "orrery.cli.main");
  if (const int status = lua_pcall(L, 1, 1, 0)) return status;
  lua_createtable(L, static_cast<int>(arguments.size()), 0);
  for (size_t i = 0; i < arguments.size(); ++i) {
    push_text(L, arguments[i]);
    lua_rawseti(L, -2, static_cast<int>(i));
  }
  return lua_pcall(L, 1, 1, 0);
}

// To Lua code the stop is over, so that programs that read the lines of a run get the last one.
void tell_stop(lua_State* L, const std::string& text) {
  forget_stop(L);
  lua_getglobal(L, "require");
  push_text(L, "orrery.cli.main");
  if (lua_pcall(L, 1, 1, 0) != 0) return;
  lua_getfield(L, -1, "stopped");
  push_text(L, text);
  lua_pcall(L, 1, 0, 0);
}

int exit_code(lua_State* L, int status) {
  if (status == 0) return lua_isnumber(L, -1) ? static_cast<int>(lua_tointeger(L, -1)) : 0;
  const std::string text = text_of_error(L, -1);
  const ErrorRecord* record = border(L).find_error(text);
  // A stop comes in the middle of a progress line, behind the terminal's own ^C.
  const bool stopped = record && (record->fault == Fault::interrupted || record->fault == Fault::terminated);
  const Fault fault = record ? record->fault : status == LUA_ERRMEM ? Fault::memory : Fault::run;
  // No Lua runs after a stop, so nobody else told them.
  if (stopped) border(L).open_runs.end(RunStatus::interrupted, text);
  if (stopped) tell_stop(L, text);
  std::fprintf(stderr, "%sorrery: %s\n", stopped && isatty(STDERR_FILENO) ? "\n" : "", text.c_str());
  return static_cast<int>(fault);
}

int run(const std::vector<std::string>& arguments) {
  OwnState state = open_state();
  lua_State* L = state.get();
  border(L).owns_process = true;
  set_paths(L, find_places());
  StopSignals signals(
      border(L).runtime->stop, [](void* main) { stop_lua(static_cast<lua_State*>(main)); }, L);
  const int code = exit_code(L, call_main(L, arguments));
  forget_stop(L);
  return code;
}

// A reader that has seen enough (`| head`) must not kill a training run: writing fails instead. A handler
// and not SIG_IGN, which programs that a script starts would inherit.
void survive_closed_pipes() {
  std::signal(SIGPIPE, [](int) {});
}

bool reader_is_gone() {
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

// What was printed and could not be written is lost, unless nobody wants it any more.
int finish_output(int code) {
  errno = 0;
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return code;
  const int reason = errno;
  if (reason == EPIPE || reader_is_gone()) return code;
  std::fprintf(stderr, "orrery: the output could not be written%s%s\n", reason ? ": " : "",
               reason ? std::strerror(reason) : "");
  return code ? code : static_cast<int>(Fault::write);
}

}  // namespace
}  // namespace orrery::lua

// MKL asks here whether the processor is one for its fast paths: the program's symbols come before
// LibTorch's.
extern "C" int mkl_serv_intel_cpu_true() { return orrery::mkl_answer_here(); }

int main(int count, char** arguments) {
  try {
    orrery::lua::survive_closed_pipes();
    return orrery::lua::finish_output(orrery::lua::run({arguments, arguments + count}));
  } catch (const orrery::Error& error) {
    std::fprintf(stderr, "orrery: %s\n", error.what());
    return static_cast<int>(error.fault());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "orrery: %s\n", error.what());
    return 1;
  }
}
