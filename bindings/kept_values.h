#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <lua.hpp>

#include "runtime/core/error.h"

namespace orrery::lua {

/// What a Lua function said when it failed. Not an `Error`: whoever called it says what was being done.
class LuaFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The Lua side of C++ objects that call Lua later and may outlive a call, a thread and even the state, such
/// as kernels of a graph and recorded gradients: the values that they hold, and coroutines to call them on.
/// One per state, in its border.
class KeptValues {
 public:
  explicit KeptValues(lua_State* L);

  /// Runs an action on a coroutine that nothing else runs on, in protected mode. What Lua raises
  /// comes out as `LuaFailure` with its text; as an `Error` where a stop was asked for or memory is missing.
  /// REQUIRES: `callable`.
  void run(const std::function<void(lua_State* L)>& action);
  /// The state lives, and this is its own thread.
  bool callable() const;
  /// The state is about to close.
  void close();

  /// Keeps the value on top of the stack, which is taken. REQUIRES: callable().
  int keep(lua_State* L);
  /// Any thread, any time: the value is let go at the next `keep`.
  void drop(int reference);

 private:
  lua_State* coroutine();

  lua_State* idle_;  ///< makes the others; null when the state has closed
  std::vector<lua_State*> coroutines_;
  size_t depth_ = 0;  ///< how many of them run something
  std::thread::id owner_;
  std::mutex lock_;  ///< of `dropped_`
  std::vector<int> dropped_;
};

/// A Lua value that lives as long as the object, which may die on any thread and after the state. Moves, does
/// not copy. It keeps its value alive for good: a cycle through it is not collected before the state closes.
class KeptValue {
 public:
  KeptValue() = default;
  /// Takes the value at an index.
  KeptValue(lua_State* L, int index, std::shared_ptr<KeptValues> values);
  ~KeptValue();
  KeptValue(KeptValue&& other) noexcept;
  KeptValue& operator=(KeptValue&& other) noexcept;
  KeptValue(const KeptValue&) = delete;
  KeptValue& operator=(const KeptValue&) = delete;

  explicit operator bool() const { return values_ != nullptr; }
  /// REQUIRES: not empty; `L` is the state or a coroutine of it.
  void push(lua_State* L) const { lua_rawgeti(L, LUA_REGISTRYINDEX, reference_); }

 private:
  std::shared_ptr<KeptValues> values_;
  int reference_ = LUA_NOREF;
};

}  // namespace orrery::lua
