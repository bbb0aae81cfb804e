// Programs that run beside this one: the runs of a sweep.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <sched.h>

#include "bindings/border.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "bindings/script_record.h"
#include "runtime/files/paths.h"
#include "runtime/history/run_name.h"

namespace orrery::lua {
namespace {

constexpr std::chrono::milliseconds kShortest{1}, kLongest{20};

struct Child {
  std::vector<std::string> arguments;
  std::string output;  ///< a file for both streams; empty: those of this program
  int part = 0, parts = 1;
};

// The nth of equal parts of the cores that this program may use; with more parts than cores, one core each.
cpu_set_t share_of_cores(const Child& child) {
  cpu_set_t all, share;
  CPU_ZERO(&share);
  if (sched_getaffinity(0, sizeof all, &all) != 0) return share;
  const int count = CPU_COUNT(&all), each = std::max(1, count / child.parts);
  const int first = child.part * each % count;
  for (int core = 0, place = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &all)) continue;
    if (place >= first && place < first + each) CPU_SET(core, &share);
    ++place;
  }
  return share;
}

// Between fork and exec, where only what is safe in a signal handler may be called.
[[noreturn]] void become(char* const* arguments, const char* output, const cpu_set_t* cores) {
  if (cores) sched_setaffinity(0, sizeof *cores, cores);
  if (output) {
    const int file = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0 || dup2(file, STDOUT_FILENO) < 0 || dup2(file, STDERR_FILENO) < 0) _exit(126);
  }
  execv(arguments[0], arguments);
  _exit(127);
}

pid_t start(const Child& child) {
  std::vector<char*> arguments;
  arguments.reserve(child.arguments.size() + 1);
  for (const std::string& argument : child.arguments)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const cpu_set_t cores = share_of_cores(child);
  const pid_t process = fork();
  if (process == 0)
    become(arguments.data(), child.output.empty() ? nullptr : child.output.c_str(),
           child.parts > 1 ? &cores : nullptr);
  check(process > 0, Fault::run, "no process could be made: {}", errno_text(errno));
  return process;
}

// core.program() → the file of the running program
int program(lua_State* L) {
  char path[4096];
  const ssize_t length = posix_files().readlink("/proc/self/exe", path, sizeof path);
  check(length > 0, Fault::run, "the program cannot find itself: /proc/self/exe is not to be read");
  return push_text(L, std::string(path, static_cast<size_t>(length))), 1;
}

/// Runs programs, several at a time, and calls Lua when one begins and when one ends. Asked to stop, or when
/// a call fails, it begins no more and waits for those that run.
class Programs {
 public:
  Programs(lua_State* L, int count, int jobs) : L_(L), count_(count), jobs_(jobs), places_(jobs, 0) {}

  // Stack: 3 a function(at, place) → arguments, output; 4 a function(at, exit code).
  void run() {
    int next = 1;
    while (true) {
      while (may_begin() && next <= count_ && running_.size() < static_cast<size_t>(jobs_)) begin(next++);
      if (running_.empty()) break;
      wait();
    }
    if (failed_) lua_error(L_);
  }

 private:
  struct Running {
    int at, place;
  };

  int stopped() const { return border(L_).runtime->stop.load(); }
  bool may_begin() const { return !failed_ && stopped() == 0; }

  // True when the function at `index` was called without an error; its results are on the stack.
  bool call(int index, std::initializer_list<int> arguments, int results) {
    lua_pushvalue(L_, index);
    for (const int argument : arguments) lua_pushnumber(L_, argument);
    failed_ = lua_pcall(L_, static_cast<int>(arguments.size()), results, 0) != 0;
    return !failed_;
  }

  void begin(int at) {
    const auto place = static_cast<int>(std::ranges::find(places_, 0) - places_.begin());
    if (!call(3, {at, place}, 2)) return;
    Child child{.part = place, .parts = jobs_};
    for (int i = 1; i <= static_cast<int>(lua_objlen(L_, -2)); ++i) {
      lua_rawgeti(L_, -2, i);
      child.arguments.push_back(read_string(L_, -1, "run_programs", "an argument"));
      lua_pop(L_, 1);
    }
    child.output = read_string(L_, -1, "run_programs", "a file");
    lua_pop(L_, 2);
    running_[start(child)] = {at, place};
    places_[place] = at;
  }

  // Ctrl-C reaches all programs of a terminal by itself; SIGTERM is for one and must be passed on.
  void pass_on_stop() {
    if (told_ || stopped() != SIGTERM) return;
    for (const auto& [process, run] : running_) kill(process, SIGTERM);
    told_ = true;
  }

  void wait() {
    int status = 0;
    auto ended = running_.end();
    // Short programs are noticed at once, long ones cost little.
    for (auto pause = kShortest; (ended = any_ended(status)) == running_.end();
         pause = std::min(2 * pause, kLongest)) {
      pass_on_stop();
      std::this_thread::sleep_for(pause);
    }
    const auto [process, run] = *ended;
    running_.erase(ended);
    places_[run.place] = 0;
    const int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    if (may_begin()) call(4, {run.at, code, process}, 0);
  }

  // Only these: others of this program's children are waited for by who began them.
  std::map<pid_t, Running>::iterator any_ended(int& status) {
    return std::ranges::find_if(running_, [&](const auto& each) {
      const pid_t process = waitpid(each.first, &status, WNOHANG);
      check(process >= 0, Fault::run, "a program that was begun is gone: {}", errno_text(errno));
      return process > 0;
    });
  }

  lua_State* L_;
  int count_, jobs_;
  std::vector<int> places_;  ///< which program has each share of the cores; 0: none
  std::map<pid_t, Running> running_;
  bool failed_ = false;
  bool told_ = false;
};

// core.run_programs(count, jobs, begin, ended): runs the programs that `begin(at, place)` gives, as arguments
// and a file for what they print (empty: this program's own streams), so many at a time on equal shares of
// the cores; `ended(at, exit_code, process)` is told of each, 128 + n after signal n
int run_programs(lua_State* L) {
  const auto count = static_cast<int>(read_integer(L, 1, "run_programs", "a count"));
  const auto jobs = static_cast<int>(read_integer(L, 2, "run_programs", "a number of jobs"));
  check(jobs >= 1, Fault::usage, "run_programs: jobs is at least 1, got {}", jobs);
  luaL_checktype(L, 3, LUA_TFUNCTION);
  luaL_checktype(L, 4, LUA_TFUNCTION);
  Programs(L, count, jobs).run();
  enter(L);
  return 0;
}

// core.be_parent([uid]) → uid: the runs of programs that are begun from now on come from that run; without a
// uid, from a sweep, which gets one
int be_parent(lua_State* L) {
  const std::string uid = lua_isnoneornil(L, 1) ? make_uid() : read_string(L, 1, "be_parent", "a uid");
  check(uid.size() == 32, Fault::usage, "be_parent: a uid has 32 digits, got '{}'", uid);
  setenv(kParentVariable, uid.c_str(), 1);
  return push_text(L, uid), 1;
}

}  // namespace

void open_processes(lua_State* L) {
  add_functions(L, {{"program", guarded<program>},
                    {"run_programs", guarded<run_programs>},
                    {"be_parent", guarded<be_parent>}});
}

}  // namespace orrery::lua
