#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "runtime/engine/training/checkpoint.h"
#include "runtime/engine/training/monitored.h"

namespace orrery {

/// Ends a run whose monitored number no longer gets better: lightning.pytorch.callbacks.EarlyStopping. Sees
/// only the epochs that have the number, so that patience counts validations.
class EarlyStopping {
 public:
  /// `options`: of the manager's table `early_stopping`.
  EarlyStopping(Monitored monitored, const Attributes& options);

  /// Looks at a finished epoch. Empty, or why the run shall end: `val_loss has not become better …`.
  std::string see(const EpochReport& report);

  void save(Checkpoint& to) const;
  void load(const Checkpoint& from);

 private:
  Monitored monitored_;
  std::int64_t patience_;
  double min_delta_;
  bool check_finite_;
  double best_ = std::numeric_limits<double>::quiet_NaN();  ///< none yet
  std::int64_t waited_ = 0;                                 ///< validations without a better number
};

}  // namespace orrery
