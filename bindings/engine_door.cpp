#include "bindings/engine_door.h"

#include <dlfcn.h>
#include <string>
#include <vector>

#include "bindings/border.h"
#include "bindings/lua_ref.h"
#include "runtime/core/error.h"
#include "runtime/files/paths.h"

namespace orrery::lua {
namespace {

constexpr const char* kEngineKey = "orrery.engine";
constexpr const char* kLibrary = "orrery_engine_lua.so";
constexpr const char* kEntry = "orrery_engine_open";

/// The folder of the library or program that holds this code.
std::string own_folder() {
  Dl_info info;
  invariant(dladdr(reinterpret_cast<const void*>(&own_folder), &info) != 0,
            "the module does not know where it lies");
  return parent_folder(info.dli_fname);
}

std::string find_library() {
  const std::string folder = own_folder();
  const std::vector<std::string> places{folder, folder + "/../lib", folder + "/lua",
                                        folder + "/../../../orrery"};
  for (const std::string& place : places)
    if (exists(place + "/" + kLibrary)) return place + "/" + kLibrary;
  throw Error(
      Fault::run,
      fmt::format("this needs the engine, and {} is neither in {} nor in {}", kLibrary, places[0], places[1]),
      {},
      "Orrery was built or installed without it: configure with -DORRERY_ENGINE=ON, or see 'orrery doctor'.");
}

OrreryEngineOpen load_library() {
  const std::string path = find_library();
  // Never closed: LibTorch does not survive being unloaded.
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    throw Error(Fault::run, fmt::format("the engine cannot be loaded: {}", dlerror()), {},
                "'orrery doctor' tells which libraries are missing.");
  auto entry = reinterpret_cast<OrreryEngineOpen>(dlsym(library, kEntry));
  check(entry != nullptr, Fault::run, "{} is no engine of Orrery: it has no {}", path, kEntry);
  return entry;
}

}  // namespace

bool engine_is_open(lua_State* L) {
  StackGuard guard(L);
  lua_getfield(L, LUA_REGISTRYINDEX, kEngineKey);
  return lua_istable(L, -1);
}

void push_engine(lua_State* L) {
  luaL_checkstack(L, 4, "too many values");
  lua_getfield(L, LUA_REGISTRYINDEX, kEngineKey);
  if (lua_istable(L, -1)) return;
  lua_pop(L, 1);
  load_library()(L, border(L).runtime.get());
  invariant(lua_istable(L, -1), "the engine gave no table of functions");
  lua_pushvalue(L, -1);
  lua_setfield(L, LUA_REGISTRYINDEX, kEngineKey);
}

void push_engine_function(lua_State* L, const char* name) {
  push_engine(L);
  lua_getfield(L, -1, name);
  lua_remove(L, -2);
  invariant(lua_isfunction(L, -1), (std::string("the engine has no function ") + name).c_str());
}

}  // namespace orrery::lua
