#pragma once

#include <string>

namespace orrery {

/// The variable of the environment that tells a process that it runs in the background, and where to tell of
/// its runs: PID:FILE, its own number and an open pipe. Programs that it starts have another number, and are
/// not meant.
inline constexpr const char* kBackgroundVariable = "ORRERY_DETACHED";

/// Does another process keep what this one prints, as lines of its runs? Then it keeps none itself.
bool in_background();

/// Tells that other process that a run has begun: what is printed is this one's from now on. Does nothing in
/// the foreground.
void tell_run_begun(const std::string& history, const std::string& run);

}  // namespace orrery
