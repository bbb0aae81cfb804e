#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/history/recorded_run.h"

namespace orrery::lua {

/// The runs that a script began with `orrery.run` and has not ended: they live until the script ends, also
/// when the script lost them.
class OpenRuns {
 public:
  /// Those still open are `done`: a script that fails says so with `end`.
  ~OpenRuns() { end(RunStatus::done, {}); }

  void add(std::shared_ptr<RecordedRun> run) {
    std::erase_if(runs_, [](const auto& each) { return each->finished(); });
    runs_.push_back(std::move(run));
  }
  void end(RunStatus status, const std::string& reason) {
    for (const auto& run : runs_) run->finish(status, reason);
    runs_.clear();
  }

 private:
  std::vector<std::shared_ptr<RecordedRun>> runs_;
};

}  // namespace orrery::lua
