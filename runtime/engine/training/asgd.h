#pragma once

#include "runtime/engine/training/updater.h"

namespace orrery {

/// Averaged stochastic gradient descent: torch.optim.ASGD.
class Asgd : public Updater {
 protected:
  void update(const Attributes& options, Lists& lists) const override;
};

}  // namespace orrery
