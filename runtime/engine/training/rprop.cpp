#include "runtime/engine/training/rprop.h"

#include <ATen/ATen.h>

namespace orrery {

// Where the gradient's sign has changed, the step is left out and the next sign compares with 0.
void Rprop::update(const Attributes& options, Lists& lists) const {
  const std::vector<double>&etas = options.reals("etas"), &sizes = options.reals("step_sizes");
  const auto &before = lists.states[0], &steps = lists.states[1];
  const auto gradients = lists.descent(options, false);
  for (size_t i = 0; i < gradients.size(); ++i) {
    const at::Tensor product = gradients[i] * before[i];
    const at::Tensor turned = product.lt(0);
    const at::Tensor factors = at::ones_like(product).masked_fill_(turned, etas[0]);
    steps[i].mul_(factors.masked_fill_(product.gt(0), etas[1])).clamp_(sizes[0], sizes[1]);
    before[i].copy_(gradients[i].masked_fill(turned, 0));
  }
  const auto signs = at::_foreach_sign(before);
  at::_foreach_addcmul_(lists.parameters, signs, steps, -1);
}

}  // namespace orrery
