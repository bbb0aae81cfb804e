#pragma once

#include "runtime/engine/training/updater.h"

namespace orrery {

/// Adam with a rectified mean of squared gradients: torch.optim.RAdam.
class RAdam : public Updater {
 protected:
  void update(const Attributes& options, Lists& lists) const override;
};

}  // namespace orrery
