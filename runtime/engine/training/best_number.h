#pragma once

#include <optional>
#include <string>

#include "runtime/engine/training/training_events.h"

namespace orrery {

/// Follows one number of a run over its epochs and knows when it is the best so far: the largest of an
/// accuracy, the smallest of anything else, unless told. NaN is never the best.
class BestNumber {
 public:
  enum class Direction { smaller, larger };

  /// `monitor` names a metric, or `loss`; empty: the first metric if there is one, else the loss. It is
  /// validation's number where there is a validation, else training's.
  /// REQUIRES: `monitor` is empty, `loss` or the name of one of `followed`.
  BestNumber(const RunTargets& targets, const std::string& monitor, bool with_validation,
             std::optional<Direction> direction = {});

  /// `val_accuracy`, or `accuracy` without a validation; empty when nothing is followed.
  const std::string& name() const { return name_; }
  /// It in this epoch; nothing where the epoch has none, such as one without the validation.
  std::optional<double> number(const EpochReport& report) const;
  /// True when this epoch is better than all before.
  bool improved(const EpochReport& report);
  const std::optional<TrainingSummary::Best>& best() const { return best_; }

 private:
  std::string name_;
  size_t place_ = 0;
  bool validation_ = false;
  Direction direction_ = Direction::smaller;
  std::optional<TrainingSummary::Best> best_;
};

}  // namespace orrery
