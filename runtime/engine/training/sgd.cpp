#include "runtime/engine/training/sgd.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "runtime/engine/kernels/cpu/pointwise.h"

namespace orrery {
namespace {

// ATen's call takes several times as long as the work on a small tensor. With decay or dampening it rounds
// otherwise.
bool has_own_kernel(const cpu::SgdOptions& options, const std::vector<at::Tensor>& parameters) {
  if (options.weight_decay != 0 || options.dampening != 0) return false;
  return std::ranges::all_of(parameters, [](const at::Tensor& parameter) {
    const bool known = parameter.scalar_type() == at::kFloat || parameter.scalar_type() == at::kDouble;
    return known && parameter.is_cpu() && parameter.is_non_overlapping_and_dense() &&
           static_cast<std::int64_t>(parameter.nbytes()) < Updater::kAloneBytes;
  });
}

template <class T>
void step_one_by_one(const cpu::SgdOptions& options, const std::vector<at::Tensor>& parameters,
                     const std::vector<at::Tensor>& gradients, const std::vector<at::Tensor>& momenta) {
  for (size_t i = 0; i < parameters.size(); ++i)
    cpu::sgd_step(options, parameters[i].numel(), gradients[i].const_data_ptr<T>(),
                  options.momentum == 0 ? nullptr : momenta[i].mutable_data_ptr<T>(),
                  parameters[i].mutable_data_ptr<T>());
}

}  // namespace

cpu::SgdOptions sgd_options(const Attributes& options) {
  return {.lr = options.real("lr"),
          .momentum = options.real("momentum"),
          .dampening = options.real("dampening"),
          .weight_decay = options.real("weight_decay"),
          .nesterov = options.boolean("nesterov"),
          .maximize = options.boolean("maximize")};
}

std::optional<cpu::SgdOptions> Sgd::plain(const Attributes& options) const {
  const cpu::SgdOptions step = sgd_options(options);
  return step.momentum == 0 ? std::optional(step) : std::nullopt;
}

void Sgd::update(const Attributes& options, Lists& lists) const {
  cpu::SgdOptions step = sgd_options(options);
  step.first_step = lists.first;
  const std::vector<at::Tensor> none;
  const std::vector<at::Tensor>& momenta = lists.states.empty() ? none : lists.states[0];
  const auto fused = [&](const auto& rate) {
    at::_fused_sgd_(lists.parameters, lists.gradients, momenta, step.weight_decay, step.momentum, rate,
                    step.dampening, step.nesterov, step.maximize, step.first_step);
  };
  if (lists.rate.defined())
    fused(lists.rate);
  else if (!has_own_kernel(step, lists.parameters))
    fused(step.lr);
  else if (lists.parameters.front().scalar_type() == at::kFloat)
    step_one_by_one<float>(step, lists.parameters, lists.gradients, momenta);
  else
    step_one_by_one<double>(step, lists.parameters, lists.gradients, momenta);
}

}  // namespace orrery
