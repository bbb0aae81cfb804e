#pragma once

#include "runtime/engine/training/updater.h"

namespace orrery {

/// Adam with the largest of recent gradients in place of their mean square: torch.optim.Adamax.
class Adamax : public Updater {
 protected:
  void update(const Attributes& options, Lists& lists) const override;
};

}  // namespace orrery
