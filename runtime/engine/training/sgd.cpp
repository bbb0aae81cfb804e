#include "runtime/engine/training/sgd.h"

#include <ATen/ATen.h>

namespace orrery {

void Sgd::update(const Attributes& options, Lists& lists) const {
  const std::vector<at::Tensor> none;
  at::_fused_sgd_(lists.parameters, lists.gradients, lists.states.empty() ? none : lists.states[0],
                  options.real("weight_decay"), options.real("momentum"), options.real("lr"),
                  options.real("dampening"), options.boolean("nesterov"), options.boolean("maximize"),
                  lists.first);
}

}  // namespace orrery
