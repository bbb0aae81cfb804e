#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace orrery {

/// How much a probe tries: no more steps, and no further turn of all when that many seconds would be over.
inline constexpr int kProbeSteps = 30;
inline constexpr double kProbeSeconds = 1;

/// Numbers of threads that are worth a try on so many cores: one, as many as there are cores, and of more
/// than four cores half of them, too. Ascending.
std::vector<int> thread_candidates(int cores);

/// Does one step with so many threads; gives the seconds that it took.
using TimedStep = std::function<double(int threads)>;

/// The number of threads with which a step takes the least time. Each is warmed up with one step; then they
/// are tried in turns, so that what else the machine does slows all alike, and the best time of each counts.
/// More threads have to be faster by 3 %, or fewer are taken. Steps that are too long for each to be tried
/// once take the most threads. REQUIRES: candidates, ascending.
int fastest_threads(std::span<const int> candidates, const TimedStep& step);

/// Whether a step takes less time in another way, by 3 %, tried against the present way in the same turns.
/// `step`: does one in the other way, or in the present one, and gives its seconds. Not where each cannot be
/// tried often enough.
bool other_way_is_faster(const std::function<double(bool other)>& step);

}  // namespace orrery
