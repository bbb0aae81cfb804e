#include "runtime/engine/training/rmsprop.h"

#include <ATen/ATen.h>

namespace orrery {

// The states: mean squares, then momenta and mean gradients where the options ask for them.
void RmsProp::update(const Attributes& options, Lists& lists) const {
  const double alpha = options.real("alpha"), momentum = options.real("momentum"), lr = options.real("lr");
  const auto& squares = lists.states[0];
  const auto gradients = lists.descent(options);
  at::_foreach_mul_(squares, alpha);
  at::_foreach_addcmul_(squares, gradients, gradients, 1 - alpha);
  std::vector<at::Tensor> divisors = squares;
  if (options.boolean("centered")) {
    const auto& means = lists.states.back();
    at::_foreach_lerp_(means, gradients, 1 - alpha);
    divisors = at::_foreach_addcmul(squares, means, means, -1);
  }
  divisors = at::_foreach_sqrt(divisors);
  at::_foreach_add_(divisors, options.real("eps"));
  if (momentum > 0) {
    const auto& momenta = lists.states[1];
    at::_foreach_mul_(momenta, momentum);
    at::_foreach_addcdiv_(momenta, gradients, divisors);
    at::_foreach_add_(lists.parameters, momenta, -lr);
  } else {
    at::_foreach_addcdiv_(lists.parameters, gradients, divisors, -lr);
  }
}

}  // namespace orrery
