#pragma once

#include <cstdint>
#include <vector>

#include "runtime/history/database.h"
#include "runtime/history/liveness.h"

namespace orrery {

/// Why a run ended whose process nobody saw ending.
inline constexpr const char* kProcessIsGone = "the process ended without closing the run";

/// Ids of the runs whose row says `running` although their process has ended (`has_ended`).
std::vector<std::int64_t> interrupted_runs(const Database& db, const ProcessIdentity& observer,
                                           UnixMilliseconds now);

/// Writes `interrupted` into those rows, with the last heartbeat as their end, and returns their ids.
/// Whoever opens a history does this, so that anybody who reads the file finds the same.
std::vector<std::int64_t> mark_interrupted(Database& db, const ProcessIdentity& observer,
                                           UnixMilliseconds now);

}  // namespace orrery
