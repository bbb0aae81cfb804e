#include "bindings/kept_values.h"

#include <exception>
#include <utility>

#include "bindings/border.h"
#include "bindings/error_text.h"

namespace orrery::lua {
namespace {

struct Call {
  const std::function<void(lua_State*)>& action;
  std::exception_ptr failure;
};

// Lua would make its own words of an exception that passes `lua_cpcall`.
int call(lua_State* L) {
  Call& call = *static_cast<Call*>(lua_touserdata(L, 1));
  lua_settop(L, 0);
  try {
    call.action(L);
  } catch (const std::exception&) {
    call.failure = std::current_exception();
  }
  return 0;
}

[[noreturn]] void rethrow(lua_State* L, const std::string& text) {
  const ErrorRecord* known = border(L).find_error(text);
  const Fault fault = known ? known->fault : text.ends_with("not enough memory") ? Fault::memory : Fault::run;
  if (fault == Fault::interrupted || fault == Fault::terminated || fault == Fault::memory)
    throw Error(fault, text);
  throw LuaFailure(text);
}

}  // namespace

KeptValues::KeptValues(lua_State* L) : idle_(lua_newthread(L)), owner_(std::this_thread::get_id()) {
  luaL_ref(L, LUA_REGISTRYINDEX);
}

bool KeptValues::callable() const { return std::this_thread::get_id() == owner_ && idle_; }

void KeptValues::close() { idle_ = nullptr; }

// What runs on one may lead to the next call, also from a coroutine that it has resumed.
lua_State* KeptValues::coroutine() {
  if (depth_ == coroutines_.size()) {
    coroutines_.push_back(lua_newthread(idle_));
    border(idle_).sites.keep_apart(coroutines_.back());
    luaL_ref(idle_, LUA_REGISTRYINDEX);
  }
  return coroutines_[depth_];
}

void KeptValues::run(const std::function<void(lua_State*)>& action) {
  invariant(callable(), "Lua is called from another thread than its own, or after it closed");
  lua_State* L = coroutine();
  Call given{action, nullptr};
  ++depth_;
  const int status = lua_cpcall(L, call, &given);
  --depth_;
  if (status != 0) {
    const std::string text = text_of_error(L, -1);
    lua_pop(L, 1);
    rethrow(L, text);
  }
  if (given.failure) std::rethrow_exception(given.failure);
}

int KeptValues::keep(lua_State* L) {
  std::vector<int> dropped;
  {
    const std::lock_guard guard(lock_);
    dropped.swap(dropped_);
  }
  for (int reference : dropped) luaL_unref(L, LUA_REGISTRYINDEX, reference);
  return luaL_ref(L, LUA_REGISTRYINDEX);
}

void KeptValues::drop(int reference) {
  const std::lock_guard guard(lock_);
  dropped_.push_back(reference);
}

KeptValue::KeptValue(lua_State* L, int index, std::shared_ptr<KeptValues> values)
    : values_(std::move(values)) {
  lua_pushvalue(L, index);
  reference_ = values_->keep(L);
}

KeptValue::~KeptValue() {
  if (values_) values_->drop(reference_);
}

KeptValue::KeptValue(KeptValue&& other) noexcept
    : values_(std::move(other.values_)), reference_(std::exchange(other.reference_, LUA_NOREF)) {}

KeptValue& KeptValue::operator=(KeptValue&& other) noexcept {
  std::swap(values_, other.values_);
  std::swap(reference_, other.reference_);
  return *this;
}

}  // namespace orrery::lua
