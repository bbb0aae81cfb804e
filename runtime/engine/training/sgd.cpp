#include "runtime/engine/training/sgd.h"

#include <ATen/ATen.h>

namespace orrery {

void Sgd::update(const Attributes& options, Lists& lists) const {
  const std::vector<at::Tensor> none;
  const auto kernel = [&](const auto& rate) {
    at::_fused_sgd_(lists.parameters, lists.gradients, lists.states.empty() ? none : lists.states[0],
                    options.real("weight_decay"), options.real("momentum"), rate, options.real("dampening"),
                    options.boolean("nesterov"), options.boolean("maximize"), lists.first);
  };
  lists.rate.defined() ? kernel(lists.rate) : kernel(options.real("lr"));
}

}  // namespace orrery
