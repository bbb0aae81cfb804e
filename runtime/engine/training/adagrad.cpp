#include "runtime/engine/training/adagrad.h"

#include <ATen/ATen.h>

namespace orrery {

void Adagrad::update(const Attributes& options, Lists& lists) const {
  at::_fused_adagrad_(lists.parameters, lists.gradients, lists.states[0], lists.steps, options.real("lr"),
                      options.real("lr_decay"), options.real("weight_decay"), options.real("eps"),
                      options.boolean("maximize"));
}

}  // namespace orrery
