#pragma once

#include "runtime/engine/training/updater.h"

namespace orrery {

/// Steps as large as the recent ones: torch.optim.Adadelta.
class Adadelta : public Updater {
 protected:
  void update(const Attributes& options, Lists& lists) const override;
};

}  // namespace orrery
