#pragma once

#include <functional>

#include "tests/bench/figure.h"

namespace orrery::bench {

using Action = std::function<void()>;

/// Wall time of one call, in seconds.
double seconds_of(const Action& action);

/// Calls the action once without counting it, then `repetitions` times; each time is divided by `parts`, the
/// number of equal things that one call does.
Times timed(int repetitions, const Action& action, int parts = 1);

/// Calls two actions in turn, first each once without counting it, then `rounds` times; which of them is the
/// first of a round alternates, so that neither always follows the other.
Measured interleaved(int rounds, const Action& action, const Action& against, int parts = 1);

}  // namespace orrery::bench
