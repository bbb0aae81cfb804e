#pragma once

#include <cstdint>
#include <string>

#include "runtime/governors/manager.h"

namespace orrery {

/// Whether a run ends before its last epoch: the manager's max_steps and max_time, and a script that asks
/// (`Manager::ask_to_stop`). The manager outlives it.
class RunLimits {
 public:
  explicit RunLimits(const Manager& manager) : manager_(manager), stops_(manager.stops_asked()) {}

  /// Looks at how far the run is. True from the first time that a limit is reached.
  bool reached(std::int64_t steps, double seconds);
  /// Which one; empty while none is.
  const std::string& which() const { return which_; }

 private:
  const Manager& manager_;
  std::int64_t stops_;  ///< that were asked for before the run
  std::string which_;
};

}  // namespace orrery
