// Files that are looked at again when they are saved.
#include <algorithm>
#include <chrono>

#include "bindings/border.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "runtime/files/file_watch.h"

namespace orrery::lua {

template <>
struct LuaClass<FileWatch> {
  static constexpr const char* name = "FileWatch";
};

namespace {

// watch:add(file) → false where its folder is not there
int add_file(lua_State* L) {
  const std::string file = read_string(L, 2, "watch:add", "a file");
  return lua_pushboolean(L, get<FileWatch>(L, 1).add(file)), 1;
}

// watch:wait(seconds) → { file, … }: what was saved since the last call, waiting so long for the first;
// empty when nothing was, or a stop is asked for
int wait_for_save(lua_State* L) {
  using std::chrono::milliseconds, std::chrono::steady_clock;
  FileWatch& watch = get<FileWatch>(L, 1);
  const auto until =
      steady_clock::now() + std::chrono::duration<double>(read_number(L, 2, "watch:wait", "seconds", 0));
  std::vector<std::string> saved;
  do {
    // A stop between the look at its flag and the waiting is seen a moment later.
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    saved = watch.wait(std::clamp(left, milliseconds(0), milliseconds(100)));
  } while (saved.empty() && border(L).runtime->stop.load() == 0 && steady_clock::now() < until);
  lua_createtable(L, static_cast<int>(saved.size()), 0);
  for (size_t i = 0; i < saved.size(); ++i) {
    push_text(L, saved[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  return 1;
}

// core.file_stamp(file) → another text after each save; empty where there is none
int file_stamp(lua_State* L) { return push_text(L, stamp_of(read_string(L, 1, "file_stamp", "a file"))), 1; }

// core.watch_files() → a watch without files. Its class is made known when one is asked for: few need it.
int watch_files(lua_State* L) {
  define_class<FileWatch>(L,
                          {.methods = {{"add", guarded<add_file>}, {"wait", guarded_always<wait_for_save>}}});
  return push(L, std::make_shared<FileWatch>()), 1;
}

}  // namespace

void open_file_watch(lua_State* L) {
  add_functions(L, {{"file_stamp", guarded<file_stamp>}, {"watch_files", guarded<watch_files>}});
}

}  // namespace orrery::lua
