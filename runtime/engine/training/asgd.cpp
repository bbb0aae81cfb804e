#include "runtime/engine/training/asgd.h"

#include <ATen/ATen.h>

namespace orrery {

void Asgd::update(const Attributes& options, Lists& lists) const {
  const double lambd = options.real("lambd"), lr = options.real("lr");
  const auto &averages = lists.states[0], &etas = lists.states[1], &mus = lists.states[2];
  const auto steps = at::_foreach_add(lists.descent(options), lists.parameters, lambd);
  at::_foreach_addcmul_(lists.parameters, steps, etas, -1);
  const auto changes = at::_foreach_sub(lists.parameters, averages);
  at::_foreach_addcmul_(averages, changes, mus);
  // As PyTorch's operations on lists round: in float32, but for float64 parameters.
  const bool wide = lists.parameters.front().scalar_type() == at::kDouble;
  const at::Tensor count = wide ? lists.count() : lists.steps.front();
  const at::Tensor eta = lr / at::pow(1 + lambd * lr * count, options.real("alpha"));
  const at::Tensor mu = 1 / (count - options.real("t0")).clamp_min(1);
  at::_foreach_copy_(etas, std::vector<at::Tensor>(etas.size(), eta));
  at::_foreach_copy_(mus, std::vector<at::Tensor>(mus.size(), mu));
}

}  // namespace orrery
