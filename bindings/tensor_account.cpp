#include "bindings/tensor_account.h"

#include <algorithm>

namespace orrery::lua {

void TensorAccount::allocated(lua_State* L, std::int64_t bytes) {
  live_ += bytes;
  if (live_ <= maximum_ || collecting_) return;
  collect(L);
  if (live_ * 10 > maximum_ * 8) maximum_ = live_ + live_ * 4 / 10;
}

void TensorAccount::collect(lua_State* L) {
  if (collecting_) return;
  // A finalizer that raises leaves by an exception; the flag must come down all the same.
  struct Collecting {
    bool& flag;
    explicit Collecting(bool& f) : flag(f) { flag = true; }
    ~Collecting() { flag = false; }
  } collecting(collecting_);
  lua_gc(L, LUA_GCCOLLECT, 0);
}

}  // namespace orrery::lua
