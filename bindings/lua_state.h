#pragma once

#include <memory>
#include <string>

#include <lua.hpp>

namespace orrery::lua {

struct CloseState {
  void operator()(lua_State* L) const { lua_close(L); }
};
/// An own Lua state; closing it runs all finalizers.
using OwnState = std::unique_ptr<lua_State, CloseState>;

/// A fresh state with the standard libraries, loading text only and with the JIT compiler off, so that
/// hooks can stop every loop (engineering.md §8). Throws `Error(Fault::memory)`.
OwnState open_state();

/// Replaces load, loadstring, loadfile, dofile and the searcher of `require` for Lua files by ones that
/// refuse bytecode.
void load_text_only(lua_State* L);

/// Pushes the chunk of a script's text, named after its file. Throws `Error(Fault::run)` with file and
/// line when it is no Lua, and `Error(Fault::input_file)` when it is bytecode.
void push_chunk(lua_State* L, const std::string& text, const std::string& path);

/// To be called (from a signal handler, if need be) after `Runtime::stop` was set: Lua code of the
/// user is stopped at its next instruction, and again if it catches that. Files of Orrery's own are
/// let finish; their next bound call stops them.
void stop_lua(lua_State* L);
/// Takes the hook away again.
void forget_stop(lua_State* L);

}  // namespace orrery::lua
