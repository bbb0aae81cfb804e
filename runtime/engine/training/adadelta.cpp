#include "runtime/engine/training/adadelta.h"

#include <ATen/ATen.h>

namespace orrery {

void Adadelta::update(const Attributes& options, Lists& lists) const {
  const double rho = options.real("rho"), eps = options.real("eps");
  const auto &squares = lists.states[0], &steps = lists.states[1];
  const auto gradients = lists.descent(options);
  at::_foreach_mul_(squares, rho);
  at::_foreach_addcmul_(squares, gradients, gradients, 1 - rho);
  const auto divisors = at::_foreach_add(squares, eps);
  at::_foreach_sqrt_(divisors);
  const auto step = at::_foreach_add(steps, eps);
  at::_foreach_sqrt_(step);
  at::_foreach_div_(step, divisors);
  at::_foreach_mul_(step, gradients);
  at::_foreach_mul_(steps, rho);
  at::_foreach_addcmul_(steps, step, step, 1 - rho);
  at::_foreach_add_(lists.parameters, step, -options.real("lr"));
}

}  // namespace orrery
