#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "runtime/engine/training/checkpoint.h"
#include "runtime/engine/training/monitored.h"

namespace orrery {

/// Ends a run whose monitored number no longer gets better, is as good as it shall be or too bad:
/// lightning.pytorch.callbacks.EarlyStopping. Sees only the epochs that have the number, so that patience
/// counts validations. Other than Lightning's, a number that equals stopping_threshold has reached it, as an
/// accuracy of 1 must.
class EarlyStopping {
 public:
  /// `options`: of the manager's table `early_stopping`.
  EarlyStopping(Monitored monitored, const Attributes& options);

  /// Looks at a finished epoch. Empty, or why the run shall end: `val_loss has not become better …`,
  /// `val_loss, 0.19, has reached stopping_threshold, 0.2`.
  std::string see(const EpochReport& report);

  void save(Checkpoint& to) const;
  void load(const Checkpoint& from);

 private:
  std::string past_threshold(double value) const;

  Monitored monitored_;
  std::int64_t patience_;
  double min_delta_;
  bool check_finite_;
  std::optional<double> stopping_threshold_, divergence_threshold_;
  double best_ = std::numeric_limits<double>::quiet_NaN();  ///< none yet
  std::int64_t waited_ = 0;                                 ///< validations without a better number
};

}  // namespace orrery
