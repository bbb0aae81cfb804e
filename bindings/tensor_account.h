#pragma once

#include <cstdint>

#include <lua.hpp>

namespace orrery::lua {

/// Lets tensor bytes drive Lua's collector, which sees only the small userdata that hold them.
///
/// Bytes of tensors held by Lua are counted; when they exceed a soft maximum the collector runs once,
/// and when more than 80 % of it is still alive afterwards the maximum is raised to 140 % of what
/// lives (Torch7's rule). Used by the state's own thread.
class TensorAccount {
 public:
  /// The first soft maximum in bytes; also the smallest.
  static constexpr std::int64_t kSmallestMaximum = std::int64_t{64} << 20;

  /// A userdata now holds so many bytes more. May run the collector, and with it any finalizer: call it
  /// before the new userdata is made, or while it is on the stack.
  void allocated(lua_State* L, std::int64_t bytes);
  /// A userdata let go of so many bytes. Safe in finalizers.
  void freed(std::int64_t bytes) { live_ -= bytes; }
  /// Collects now: to be tried once when an allocation failed.
  void collect(lua_State* L);

  std::int64_t live() const { return live_; }
  std::int64_t maximum() const { return maximum_; }

 private:
  std::int64_t live_ = 0;
  std::int64_t maximum_ = kSmallestMaximum;
  bool collecting_ = false;
};

}  // namespace orrery::lua
