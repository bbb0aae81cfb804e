#pragma once

#include <optional>
#include <string>

#include "runtime/engine/training/training_events.h"

namespace orrery {

/// One number of a run that is followed over its epochs, and in which direction it gets better.
class Monitored {
 public:
  enum class Direction { smaller, larger };

  /// `monitor` names a number of a metric, or `loss`, also with `val_` before; empty: the first metric that
  /// is one number, else the loss. It is validation's number where there is a validation, else training's.
  /// Without a direction it shall rise or fall as the metric gets better. `log:NAME` is a number that the
  /// script logs for each epoch
  /// (`logged_monitor`), which falls without a direction. REQUIRES: `monitor` is empty, `loss`, one of the
  /// numbers that are followed, or one that is logged.
  Monitored(const RunTargets& targets, const std::string& monitor, bool with_validation,
            std::optional<Direction> direction = {});
  /// As the options `monitor` and `mode` of a table of the manager say, or else the manager's own.
  static Monitored of(const RunTargets& targets, const Manager& manager, const Attributes& options,
                      bool with_validation);

  /// `val_accuracy`, or `accuracy` without a validation; empty when nothing is followed.
  const std::string& name() const { return name_; }
  Direction direction() const { return direction_; }
  /// Nothing in an epoch that was not validated. Of a number that is logged it is validation's if that has
  /// it, else training's; throws `Error(Fault::usage)` for a whole epoch that has neither.
  std::optional<double> value(const EpochReport& report) const;
  /// NaN is never better, and `than` NaN everything else is.
  bool better(double value, double than) const;

 private:
  std::optional<double> logged_value(const EpochReport& report) const;

  std::string name_;
  size_t place_ = 0;
  bool validation_ = false;
  bool logged_ = false;
  Direction direction_ = Direction::smaller;
};

}  // namespace orrery
