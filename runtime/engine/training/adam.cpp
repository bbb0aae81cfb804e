#include "runtime/engine/training/adam.h"

#include <ATen/ATen.h>

namespace orrery {

void Adam::update(const Attributes& options, Lists& lists) const {
  const bool amsgrad = options.boolean("amsgrad");
  const std::vector<double>& betas = options.reals("betas");
  const std::vector<at::Tensor> none;
  const auto kernel = [&](auto fused) {
    const auto with = [&](const auto& rate) {
      fused(lists.parameters, lists.gradients, lists.states[0], lists.states[1],
            amsgrad ? lists.states[2] : none, lists.steps, rate, betas[0], betas[1],
            options.real("weight_decay"), options.real("eps"), amsgrad, options.boolean("maximize"));
    };
    lists.rate.defined() ? with(lists.rate) : with(options.real("lr"));
  };
  if (decay_ == Decay::decoupled)
    kernel([](const auto&... arguments) { at::_fused_adamw_(arguments...); });
  else
    kernel([](const auto&... arguments) { at::_fused_adam_(arguments...); });
}

}  // namespace orrery
