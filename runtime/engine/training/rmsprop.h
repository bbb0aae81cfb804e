#pragma once

#include "runtime/engine/training/updater.h"

namespace orrery {

/// Steps divided by the root of a running mean of squared gradients: torch.optim.RMSprop.
class RmsProp : public Updater {
 protected:
  void update(const Attributes& options, Lists& lists) const override;
};

}  // namespace orrery
