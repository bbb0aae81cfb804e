#include "bindings/lua_state.h"

#include "bindings/border.h"
#include "bindings/lua_ref.h"
#include "runtime/core/error.h"

namespace orrery::lua {
namespace {

bool only_bytecode(lua_State* L, int index) {
  return lua_type(L, index) == LUA_TSTRING &&
         std::string(lua_tostring(L, index)).find('t') == std::string::npos;
}

// upvalue: the loader of LuaJIT, whose argument number `mode` says what it may load.
int load_as_text(lua_State* L, int mode) {
  if (only_bytecode(L, mode)) {
    lua_pushnil(L);
    lua_pushliteral(L, "bytecode is not loaded: only Lua text is");
    return 2;
  }
  if (lua_gettop(L) < mode) lua_settop(L, mode);
  lua_pushliteral(L, "t");
  lua_replace(L, mode);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

int text_load(lua_State* L) { return load_as_text(L, 3); }      // load(chunk, name, mode, env)
int text_loadfile(lua_State* L) { return load_as_text(L, 2); }  // loadfile(file, mode, env)

int text_dofile(lua_State* L) {
  const char* file = luaL_optstring(L, 1, nullptr);
  lua_settop(L, 1);
  if (luaL_loadfilex(L, file, "t") != 0) lua_error(L);
  lua_call(L, 0, LUA_MULTRET);
  return lua_gettop(L) - 1;
}

// Lua's own searcher, but for the mode.
int text_searcher(lua_State* L) {
  lua_settop(L, 1);
  lua_getglobal(L, "package");
  lua_getfield(L, 2, "searchpath");
  lua_pushvalue(L, 1);
  lua_getfield(L, 2, "path");
  lua_call(L, 2, 2);
  if (lua_isnil(L, -2)) return 1;
  lua_pop(L, 1);
  if (luaL_loadfilex(L, lua_tostring(L, -1), "t") == 0) return 1;
  return luaL_error(L, "error loading module '%s' from file '%s':\n\t%s", lua_tostring(L, 1),
                    lua_tostring(L, -2), lua_tostring(L, -1));
}

void wrap_global(lua_State* L, const char* name, lua_CFunction wrapper) {
  lua_getglobal(L, name);
  lua_pushcclosure(L, wrapper, 1);
  lua_setglobal(L, name);
}

// A C function is nobody's code: it goes on for who called it, and a user's code fails at its own next
// instruction.
bool in_users_code(lua_State* L, lua_Debug* frame) {
  lua_getinfo(L, "S", frame);
  return *frame->what != 'C' && !border(L).sites.in_library(frame->source);
}

// Fires at every instruction from the stop on: a script that catches the error fails again at the next
// one, in its outermost loop, too.
void stop_hook(lua_State* L, lua_Debug* frame) {
  if (!in_users_code(L, frame)) return;
  ErrorRecord record;
  try {
    enter(L);
    return;
  } catch (const std::exception& error) {
    record = describe(error);
  }
  raise(L, std::move(record));
}

int refuse_to_panic(lua_State* L) {
  const char* text = lua_tostring(L, -1);
  throw Error(Fault::run, text ? text : "a Lua error outside any protected call");
}

}  // namespace

void load_text_only(lua_State* L) {
  StackGuard guard(L);
  wrap_global(L, "load", text_load);
  wrap_global(L, "loadstring", text_load);
  wrap_global(L, "loadfile", text_loadfile);
  lua_pushcfunction(L, text_dofile);
  lua_setglobal(L, "dofile");
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "loaders");
  lua_pushcfunction(L, text_searcher);
  lua_rawseti(L, -2, 2);
}

OwnState open_state() {
  OwnState state(luaL_newstate());
  check(state != nullptr, Fault::memory, "no memory for a Lua state");
  lua_State* L = state.get();
  lua_atpanic(L, refuse_to_panic);
  luaL_openlibs(L);
  luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
  load_text_only(L);
  return state;
}

void push_chunk(lua_State* L, const std::string& text, const std::string& path) {
  if (luaL_loadbufferx(L, text.data(), text.size(), ("@" + path).c_str(), "t") == 0) return;
  const std::string message = lua_tostring(L, -1) ? lua_tostring(L, -1) : "";
  lua_pop(L, 1);
  if (message.find("attempt to load") != std::string::npos)
    throw Error(Fault::input_file, path + " holds bytecode, and only Lua text is loaded");
  throw Error(message.find("not enough memory") != std::string::npos ? Fault::memory : Fault::run, message);
}

void stop_lua(lua_State* L) { lua_sethook(L, stop_hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKCOUNT, 1); }

void forget_stop(lua_State* L) { lua_sethook(L, nullptr, 0, 0); }

}  // namespace orrery::lua
