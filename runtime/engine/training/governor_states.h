#pragma once

#include <memory>
#include <vector>

#include "runtime/engine/training/updater.h"
#include "runtime/governors/manager.h"

namespace orrery {

/// What a manager's optimizers and schedules were at one moment: they outlive a run, so that a checkpoint
/// that is refused must leave them as they were.
class GovernorStates {
 public:
  /// Keeps the tensors of the optimizers' states as they are: nothing may step before `put_back`.
  /// REQUIRES: one updater an optimizer. The manager outlives it.
  GovernorStates(const Manager& manager, const std::vector<std::shared_ptr<Updater>>& updaters);
  /// Makes them what they were, also after a part of a checkpoint.
  void put_back() const;

 private:
  struct OfOptimizer {
    std::shared_ptr<Optimizer> optimizer;
    std::shared_ptr<Updater> updater;
    std::vector<Attributes> options;  ///< of each group
    std::vector<Updater::State> state;
  };
  struct OfSchedule {
    std::shared_ptr<Schedule> schedule;
    std::vector<Schedule::Number> state;
  };
  std::vector<OfOptimizer> optimizers_;
  std::vector<OfSchedule> schedules_;
};

}  // namespace orrery
