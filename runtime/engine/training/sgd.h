#pragma once

#include "runtime/engine/training/updater.h"

namespace orrery {

/// Its options as a kernel takes them.
cpu::SgdOptions sgd_options(const Attributes& options);

/// Stochastic gradient descent with momentum, dampening and Nesterov's form: torch.optim.SGD.
class Sgd : public Updater {
 protected:
  void update(const Attributes& options, Lists& lists) const override;
  bool reads_rate() const override { return true; }
  bool separable() const override { return true; }
  std::optional<cpu::SgdOptions> plain(const Attributes& options) const override;
};

}  // namespace orrery
