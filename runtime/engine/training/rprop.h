#pragma once

#include "runtime/engine/training/updater.h"

namespace orrery {

/// Resilient backpropagation: torch.optim.Rprop.
class Rprop : public Updater {
 protected:
  void update(const Attributes& options, Lists& lists) const override;
};

}  // namespace orrery
