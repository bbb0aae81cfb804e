#pragma once

#include <optional>

#include "runtime/engine/training/monitored.h"

namespace orrery {

/// Follows one number of a run over its epochs and knows when it is the best so far. NaN is never the best.
class BestNumber {
 public:
  using Direction = Monitored::Direction;

  explicit BestNumber(Monitored monitored) : monitored_(std::move(monitored)) {}
  /// As `Monitored` is made.
  BestNumber(const RunTargets& targets, const std::string& monitor, bool with_validation,
             std::optional<Direction> direction = {})
      : BestNumber(Monitored(targets, monitor, with_validation, direction)) {}

  /// `val_accuracy`, or `accuracy` without a validation; empty when nothing is followed.
  const std::string& name() const { return monitored_.name(); }
  /// True when this epoch is better than all before.
  bool improved(const EpochReport& report);
  const std::optional<TrainingSummary::Best>& best() const { return best_; }
  /// Goes on from what an earlier run found.
  void go_on(std::optional<TrainingSummary::Best> best) { best_ = std::move(best); }

 private:
  Monitored monitored_;
  std::optional<TrainingSummary::Best> best_;
};

}  // namespace orrery
