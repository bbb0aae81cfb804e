#pragma once

#include <utility>

#include <lua.hpp>

namespace orrery::lua {

/// Holds one Lua value in the registry for as long as the object lives. Moves, does not copy. Must die
/// before its state and on its thread.
///
/// A reference keeps its value alive for good: an object that Lua itself owns keeps values in its
/// `fields` instead (lua_object.h), so that cycles are collected.
class LuaRef {
 public:
  LuaRef() = default;
  /// Takes the value on top of the stack.
  explicit LuaRef(lua_State* L) : L_(L), reference_(luaL_ref(L, LUA_REGISTRYINDEX)) {}
  /// Takes a copy of the value at an index.
  LuaRef(lua_State* L, int index) : L_(L), reference_(reference_to(L, index)) {}
  ~LuaRef() { reset(); }
  LuaRef(LuaRef&& other) noexcept
      : L_(std::exchange(other.L_, nullptr)), reference_(std::exchange(other.reference_, LUA_NOREF)) {}
  LuaRef& operator=(LuaRef&& other) noexcept {
    if (this == &other) return *this;
    reset();
    L_ = std::exchange(other.L_, nullptr);
    reference_ = std::exchange(other.reference_, LUA_NOREF);
    return *this;
  }
  LuaRef(const LuaRef&) = delete;
  LuaRef& operator=(const LuaRef&) = delete;

  explicit operator bool() const { return L_ != nullptr; }
  /// Pushes the value. REQUIRES: not empty; `L` is the state or a coroutine of it.
  void push(lua_State* L) const { lua_rawgeti(L, LUA_REGISTRYINDEX, reference_); }
  void reset() {
    if (L_) luaL_unref(L_, LUA_REGISTRYINDEX, reference_);
    L_ = nullptr;
    reference_ = LUA_NOREF;
  }

 private:
  static int reference_to(lua_State* L, int index) {
    lua_pushvalue(L, index);
    return luaL_ref(L, LUA_REGISTRYINDEX);
  }

  lua_State* L_ = nullptr;
  int reference_ = LUA_NOREF;
};

/// Puts the stack back to where it was, also when a C++ exception passes. REQUIRES: no Lua error passes
/// (nothing inside calls Lua unprotected): its message lies on the stack and would be lost.
class StackGuard {
 public:
  explicit StackGuard(lua_State* L) : L_(L), top_(lua_gettop(L)) {}
  ~StackGuard() { lua_settop(L_, top_); }
  StackGuard(const StackGuard&) = delete;
  StackGuard& operator=(const StackGuard&) = delete;

 private:
  lua_State* L_;
  int top_;
};

}  // namespace orrery::lua
