#pragma once

#include <string_view>

#include "runtime/history/database.h"

namespace orrery {

/// True for a metric that is better the larger it is; of all others less is better. So it is where the
/// manager of the newest run that has it said so (`rising_metrics`), and where its name tells.
bool larger_is_better(const Database& db, std::string_view metric);

/// What a name tells, for numbers that a script logs by itself: `accuracy`, `val_f1`, `mean_reward` rise.
bool sounds_rising(std::string_view metric);

}  // namespace orrery
