#pragma once

#include "runtime/engine/training/updater.h"

namespace orrery {

/// Adam with factored mean squares: torch.optim.Adafactor.
class Adafactor : public Updater {
 protected:
  void update(const Attributes& options, Lists& lists) const override;
};

}  // namespace orrery
