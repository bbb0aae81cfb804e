#pragma once

#include <string>
#include <vector>

#include "runtime/engine/training/updater.h"

namespace orrery {

/// Stochastic gradient descent with momentum, dampening and Nesterov's form: torch.optim.SGD.
class Sgd : public Updater {
 protected:
  std::vector<std::string> state_names(const Attributes& options) const override;
  bool counts() const override { return false; }
  void update(const Attributes& options, Lists& lists) const override;
};

}  // namespace orrery
