#pragma once

#include "runtime/engine/training/updater.h"

namespace orrery {

/// Adam with Nesterov's momentum: torch.optim.NAdam.
class NAdam : public Updater {
 protected:
  void update(const Attributes& options, Lists& lists) const override;
};

}  // namespace orrery
