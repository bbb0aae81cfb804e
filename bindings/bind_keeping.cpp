// What a person changes in a history, and runs in the background.
#include <chrono>
#include <cstdio>
#include <thread>
#include <unistd.h>

#include "bindings/border.h"
#include "bindings/detached_run.h"
#include "bindings/git_state.h"
#include "bindings/history_object.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "runtime/files/paths.h"
#include "runtime/history/background.h"
#include "runtime/history/keeping.h"

namespace orrery::lua {

template <>
struct LuaClass<HistoryKeeper> {
  static constexpr const char* name = "HistoryKeeper";
};

namespace {

HistoryKeeper& keeper(lua_State* L) { return get<HistoryKeeper>(L, 1); }

std::int64_t kept_run(lua_State* L) { return read_integer(L, 2, "history", "a run's number"); }

// keeper:resolve(text) → a run's number, of those that are not in the trash
int resolve_kept(lua_State* L) {
  return lua_pushnumber(L, static_cast<double>(keeper(L).resolve(read_string(L, 2, "history", "a run")))), 1;
}

// keeper:resolve_trashed(text) → a run's number, of those that are
int resolve_trashed(lua_State* L) {
  const std::string text = read_string(L, 2, "history", "a run");
  return lua_pushnumber(L, static_cast<double>(keeper(L).resolve_trashed(text))), 1;
}

// keeper:add_tag(run, word) → true when it is new
int keep_tag(lua_State* L) {
  return lua_pushboolean(L, keeper(L).add_tag(kept_run(L), read_string(L, 3, "tag", "a word"))), 1;
}

// keeper:remove_tag(run, word) → true when it was there
int drop_tag(lua_State* L) {
  return lua_pushboolean(L, keeper(L).remove_tag(kept_run(L), read_string(L, 3, "tag", "a word"))), 1;
}

// keeper:add_note(run, text)
int keep_note(lua_State* L) {
  return keeper(L).add_note(kept_run(L), read_string(L, 3, "note", "a text")), 0;
}

// keeper:rename(run, name)
int rename_run(lua_State* L) {
  return keeper(L).rename(kept_run(L), read_string(L, 3, "rename", "a name")), 0;
}

// keeper:trash(run)
int trash_run(lua_State* L) { return keeper(L).trash(kept_run(L)), 0; }

// keeper:restore(run)
int restore_run(lua_State* L) { return keeper(L).restore(kept_run(L)), 0; }

// keeper:stop(run) → the number of the process that was asked to end
int stop_run(lua_State* L) { return lua_pushnumber(L, static_cast<double>(keeper(L).stop(kept_run(L)))), 1; }

std::vector<std::int64_t> read_run_ids(lua_State* L, int index) {
  luaL_checktype(L, index, LUA_TTABLE);
  std::vector<std::int64_t> runs;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    runs.push_back(read_integer(L, -1, "history", "a run's number"));
    lua_pop(L, 1);
  }
  return runs;
}

const char* word_of_how(MergedRun::How how) {
  switch (how) {
    case MergedRun::How::added: return "added";
    case MergedRun::How::completed: return "completed";
    case MergedRun::How::known: return "known";
  }
  return "";
}

// keeper:merge(file, { run, … }) → { { from_id =, into_id =, name =, how = "added"|"completed"|"known" }, … }
int merge_runs(lua_State* L) {
  const std::string file = read_string(L, 2, "merge", "a file");
  const std::vector<MergedRun> merged = keeper(L).merge(file, read_run_ids(L, 3));
  lua_createtable(L, static_cast<int>(merged.size()), 0);
  for (size_t i = 0; i < merged.size(); ++i) {
    lua_createtable(L, 0, 4);
    lua_pushnumber(L, static_cast<double>(merged[i].from_id));
    lua_setfield(L, -2, "from_id");
    lua_pushnumber(L, static_cast<double>(merged[i].into_id));
    lua_setfield(L, -2, "into_id");
    push_text(L, merged[i].name);
    lua_setfield(L, -2, "name");
    push_text(L, word_of_how(merged[i].how));
    lua_setfield(L, -2, "how");
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  return 1;
}

// keeper:purge({ run, … }) → { runs =, bytes =, given_back = }
int purge_runs(lua_State* L) {
  const HistoryKeeper::Purged purged = keeper(L).purge(read_run_ids(L, 2));
  lua_createtable(L, 0, 3);
  lua_pushnumber(L, static_cast<double>(purged.runs));
  lua_setfield(L, -2, "runs");
  lua_pushnumber(L, static_cast<double>(purged.bytes));
  lua_setfield(L, -2, "bytes");
  lua_pushboolean(L, purged.given_back);
  lua_setfield(L, -2, "given_back");
  return 1;
}

std::string text_of_keeper(void* object) {
  return "HistoryKeeper " + static_cast<HistoryKeeper*>(object)->path().string();
}

// core.keep_history(path[, create]) → keeper
int open_keeper(lua_State* L) {
  const std::string path = read_string(L, 1, "history", "a file");
  const Access access = lua_toboolean(L, 2) ? Access::create : Access::write;
  return push(L,
              std::make_shared<HistoryKeeper>(path, machine_clock, std::chrono::milliseconds(2000), access)),
         1;
}

void set_word(lua_State* L, const char* key, const std::string& text) {
  if (text.empty()) return;
  push_text(L, text);
  lua_setfield(L, -2, key);
}

// core.run_detached({ argument, … }, log, seconds) → { process =, history =, run =, log =, ended =, output =
// }: see `run_detached`; what is not there is nil
int begin_detached(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  check(border(L).owns_process, Fault::usage,
        "run_detached: only the program itself may run in the background");
  std::vector<std::string> arguments;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, 1)); ++i) {
    lua_rawgeti(L, 1, i);
    arguments.push_back(read_string(L, -1, "run_detached", "an argument"));
    lua_pop(L, 1);
  }
  const std::string log = read_string(L, 2, "run_detached", "a file");
  const double seconds = read_number(L, 3, "run_detached", "seconds", 10);
  std::fflush(nullptr);  // what is buffered would be written twice
  const Detached found =
      run_detached(arguments, log, static_cast<int>(seconds * 1000), border(L).runtime->stop);
  lua_createtable(L, 0, 6);
  lua_pushnumber(L, found.process);
  lua_setfield(L, -2, "process");
  set_word(L, "history", found.history);
  set_word(L, "run", found.run);
  set_word(L, "log", found.log);
  set_word(L, "output", found.output);
  if (!found.ended) return 1;
  lua_pushnumber(L, *found.ended);
  lua_setfield(L, -2, "ended");
  return 1;
}

// core.detached() → is this a run in the background, whose output is kept?
int detached(lua_State* L) { return lua_pushboolean(L, in_background()), 1; }

// core.sleep(seconds): less when a stop is asked for
int sleep_a_while(lua_State* L) {
  const auto until = std::chrono::steady_clock::now() +
                     std::chrono::duration<double>(read_number(L, 1, "sleep", "seconds", 0));
  while (border(L).runtime->stop.load() == 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return 0;
}

// core.change_folder(path)
int change_folder(lua_State* L) {
  const std::string path = read_string(L, 1, "change_folder", "a folder");
  check(chdir(path.c_str()) == 0, Fault::usage, "cannot work in the folder '{}': {}", path,
        errno_text(errno));
  return 0;
}

// core.git_state(folder) → commit, dirty; nothing where there is none
int git_state_of(lua_State* L) {
  const auto state = git_state(read_string(L, 1, "git_state", "a folder"));
  if (!state) return 0;
  push_text(L, state->commit);
  lua_pushboolean(L, state->dirty);
  return 2;
}

}  // namespace

void open_keeping(lua_State* L) {
  define_class<HistoryKeeper>(L, {
                                     .methods = {{"resolve", guarded<resolve_kept>},
                                                 {"resolve_trashed", guarded<resolve_trashed>},
                                                 {"add_tag", guarded<keep_tag>},
                                                 {"remove_tag", guarded<drop_tag>},
                                                 {"add_note", guarded<keep_note>},
                                                 {"rename", guarded<rename_run>},
                                                 {"trash", guarded<trash_run>},
                                                 {"restore", guarded<restore_run>},
                                                 {"stop", guarded<stop_run>},
                                                 {"merge", guarded<merge_runs>},
                                                 {"purge", guarded<purge_runs>}},
                                     .text = text_of_keeper,
                                 });
  add_functions(L, {{"keep_history", guarded<open_keeper>},
                    {"run_detached", guarded<begin_detached>},
                    {"detached", guarded_always<detached>},
                    {"sleep", guarded_always<sleep_a_while>},
                    {"change_folder", guarded<change_folder>},
                    {"git_state", guarded<git_state_of>}});
}

}  // namespace orrery::lua
