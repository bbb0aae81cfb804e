#pragma once

#include "runtime/engine/training/updater.h"

namespace orrery {

/// Steps divided by the root of the sum of all squared gradients: torch.optim.Adagrad.
class Adagrad : public Updater {
 protected:
  void update(const Attributes& options, Lists& lists) const override;
};

}  // namespace orrery
