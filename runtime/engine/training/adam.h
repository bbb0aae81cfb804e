#pragma once

#include "runtime/engine/training/updater.h"

namespace orrery {

/// Adam and AdamW, which differ in how weights decay: torch.optim.Adam adds the decay to the gradient,
/// torch.optim.AdamW shrinks the weights apart from it. Both with AMSGrad. On the CPU an own kernel updates
/// in single and double precision, but with AMSGrad, when it maximizes, or with an `eps` that is out of
/// range.
class Adam : public Updater {
 public:
  enum class Decay { added_to_gradient, decoupled };

  explicit Adam(Decay decay) : decay_(decay) {}

 protected:
  void update(const Attributes& options, Lists& lists) const override;
  bool reads_rate() const override { return true; }
  bool separable() const override { return true; }

 private:
  void step_by_own_kernel(const Attributes& options, const Lists& lists) const;

  Decay decay_;
};

}  // namespace orrery
