#include "runtime/engine/training/adamax.h"

#include <ATen/ATen.h>

namespace orrery {

void Adamax::update(const Attributes& options, Lists& lists) const {
  const std::vector<double>& betas = options.reals("betas");
  const auto &means = lists.states[0], &largest = lists.states[1];
  const auto gradients = lists.descent(options);
  at::_foreach_lerp_(means, gradients, 1 - betas[0]);
  const auto sizes = at::_foreach_abs(gradients);
  at::_foreach_add_(sizes, options.real("eps"));
  at::_foreach_mul_(largest, betas[1]);
  at::_foreach_maximum_(largest, sizes);
  const auto steps = at::_foreach_div(means, largest);
  at::_foreach_mul_(steps, lists.factor(-options.real("lr") / (1 - at::pow(betas[0], lists.count()))));
  at::_foreach_add_(lists.parameters, steps);
}

}  // namespace orrery
