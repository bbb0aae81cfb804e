#pragma once

#include "runtime/engine/training/updater.h"

namespace orrery {

/// Orthogonalised momentum: torch.optim.Muon.
class Muon : public Updater {
 protected:
  void update(const Attributes& options, Lists& lists) const override;
};

}  // namespace orrery
