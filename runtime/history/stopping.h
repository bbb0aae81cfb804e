#pragma once

#include <cstdint>
#include <string>

#include "runtime/history/database.h"

namespace orrery {

/// Asks the process of a run that is going on to end, as Ctrl-C would: SIGINT, or SIGTERM where that process
/// ignores the first (begun with nohup, or by a shell in the background). The process is known by its number,
/// its time of start and the machine's boot; no other one is ever told. Returns its number.
///
/// Throws a usage Error for a run that is over, and one whose process lives elsewhere: on another host,
/// before another start of the machine, in another container; an Error for a process of another user.
std::int64_t ask_to_stop(const Database& db, std::int64_t run_id);

}  // namespace orrery
