#include "runtime/engine/training/radam.h"

#include <ATen/ATen.h>

namespace orrery {
namespace {

/// What the mean gradient is multiplied by: `scaled` behind the division by the root of the mean square,
/// `plain` without it; one of them is 0.
struct StepSizes {
  at::Tensor scaled;
  at::Tensor plain;
};

// rho is the length of the moving average that the mean square amounts to; up to 5 its variance is not known.
StepSizes step_sizes(const at::Tensor& count, const std::vector<double>& betas, double lr) {
  const double longest = 2 / (1 - betas[1]) - 1;
  const at::Tensor power = at::pow(betas[1], count);
  const at::Tensor rho = longest - 2 * count * power / (1 - power);
  const at::Tensor rectification =
      at::sqrt((rho - 4) * (rho - 2) * longest / ((longest - 4) * (longest - 2) * rho));
  const at::Tensor known = rho.gt(5);
  const at::Tensor size = -lr / (1 - at::pow(betas[0], count));
  return {at::where(known, at::sqrt(1 - power) * rectification, 0.0) * size,
          at::where(known, at::zeros_like(size), size)};
}

}  // namespace

void RAdam::update(const Attributes& options, Lists& lists) const {
  const double lr = options.real("lr");
  const std::vector<double>& betas = options.reals("betas");
  const auto &means = lists.states[0], &squares = lists.states[1];
  const bool decoupled = options.boolean("decoupled_weight_decay");
  const auto gradients = lists.descent(options, !decoupled);
  if (decoupled && options.real("weight_decay") != 0)
    at::_foreach_mul_(lists.parameters, 1 - lr * options.real("weight_decay"));
  at::_foreach_lerp_(means, gradients, 1 - betas[0]);
  at::_foreach_mul_(squares, betas[1]);
  at::_foreach_addcmul_(squares, gradients, gradients, 1 - betas[1]);

  const StepSizes sizes = step_sizes(lists.count(), betas, lr);
  const auto factors = at::_foreach_sqrt(squares);
  at::_foreach_add_(factors, options.real("eps"));
  at::_foreach_reciprocal_(factors);
  at::_foreach_mul_(factors, lists.factor(sizes.scaled));
  at::_foreach_add_(factors, lists.factor(sizes.plain));
  at::_foreach_addcmul_(lists.parameters, means, factors);
}

}  // namespace orrery
