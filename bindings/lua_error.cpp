#include "bindings/lua_error.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "bindings/border.h"

namespace orrery::lua {
namespace {

bool any_line(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.site.known(); });
}

}  // namespace

ErrorRecord describe(const std::exception& error) {
  if (auto broken = dynamic_cast<const CheckError*>(&error))
    return {broken->what(), broken->fault(), broken->findings(), any_line(broken->findings())};
  if (auto known = dynamic_cast<const Error*>(&error))
    return {known->what(), known->fault(), {}, known->site().known()};
  if (dynamic_cast<const std::bad_alloc*>(&error)) return {"out of memory", Fault::memory, {}, false};
  return {error.what(), Fault::run, {}, false};
}

void raise(lua_State* L, ErrorRecord record) {
  Border& state = border(L);
  if (!record.has_line) {
    const SourceSite site = state.sites.here(L);
    if (site.known()) record.text = site.str() + ": " + record.text;
  }
  lua_checkstack(L, 2);
  lua_pushlstring(L, record.text.data(), record.text.size());
  state.remember(std::move(record));
  lua_error(L);
  std::abort();
}

void enter(lua_State* L) {
  const Border& state = border(L);
  if (const int signal = state.runtime->stop.load(std::memory_order_relaxed))
    throw Error(signal == static_cast<int>(Fault::terminated) - 128 ? Fault::terminated : Fault::interrupted,
                signal == static_cast<int>(Fault::terminated) - 128 ? "terminated" : "interrupted");
  if (state.ended_at())
    throw Error(Fault::run, "the script was to be checked only, and ended at " + *state.ended_at());
}

}  // namespace orrery::lua
