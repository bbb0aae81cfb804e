#pragma once

#include <cstdint>
#include <vector>

#include "runtime/engine/training/monitored.h"

namespace orrery {

/// Steps the schedules of a manager while it runs. Keeps nothing that the run's own counts do not tell, so a
/// run goes on with the schedules' states (Schedule::state). The manager outlives it.
class Scheduled {
 public:
  Scheduled(const Manager& manager, const RunTargets& targets, bool with_validation);

  /// After the nth update of the run, from 1. A schedule counts those of its own optimizer.
  void update_done(std::int64_t updates) const;
  /// After an epoch. A schedule that watches a number waits where the epoch has none.
  void epoch_done(const EpochReport& report) const;

 private:
  struct Entry {
    Schedule* schedule;
    size_t optimizer;  ///< which of the manager's it is of
    bool each_update;
    std::int64_t frequency;
    Monitored watched;  ///< told for one that watches
  };
  std::vector<Entry> entries_;
  OptimizerTurns turns_;
};

}  // namespace orrery
