#pragma once

#include <exception>
#include <string>
#include <vector>

#include <lua.hpp>

#include "runtime/core/error.h"
#include "runtime/graph/finding.h"

namespace orrery::lua {

/// What a C++ exception says to Lua. The Lua error value is the plain text, so that scripts may search,
/// cut and join it; the rest is kept beside it and found again by the text (`Border::errors`).
struct ErrorRecord {
  std::string text;
  Fault fault = Fault::run;
  std::vector<Finding> findings;  ///< of a CheckError
  bool has_line = false;          ///< the text names its own script line
};

/// The record of an exception; runs no Lua.
ErrorRecord describe(const std::exception& error);

/// Raises a Lua error with the record's text, behind the line of the script that called where the text
/// names none itself. REQUIRES: no exception is being handled.
[[noreturn]] void raise(lua_State* L, ErrorRecord record);

/// Throws when a bound call may not go on: a stop was asked for, or the script has ended
/// (`Border::end_script`).
void enter(lua_State* L);

/// The one border: every bound function is registered as `guarded<function>`. A `std::exception`
/// becomes a Lua error after its handler was left. Lua errors pass through untouched (they run
/// destructors on their way, but `catch (...)` would swallow them, and `noexcept` would end the
/// process). Inside bindings nothing else catches.
/// `Describe`: how exceptions become records, for borders that know more kinds of them.
template <lua_CFunction F, ErrorRecord (*Describe)(const std::exception&) = describe>
int guarded(lua_State* L) {
  ErrorRecord record;
  try {
    enter(L);
    return F(L);
  } catch (const std::exception& error) {
    record = Describe(error);
  }
  raise(L, std::move(record));
}

/// The same without `enter`, for what must work while everything stops: finalizers, release,
/// printing.
template <lua_CFunction F, ErrorRecord (*Describe)(const std::exception&) = describe>
int guarded_always(lua_State* L) {
  ErrorRecord record;
  try {
    return F(L);
  } catch (const std::exception& error) {
    record = Describe(error);
  }
  raise(L, std::move(record));
}

}  // namespace orrery::lua
