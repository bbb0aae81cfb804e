#include "runtime/engine/training/adam.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "runtime/engine/kernels/cpu/adam.h"
#include "runtime/engine/kernels/parallel.h"

namespace orrery {
namespace {

// Numbers that one thread gets through faster than another is woken.
constexpr std::int64_t kUpdatedAlone = 16384;

// What hardly anybody asks for is LibTorch's, on the CPU too.
bool has_own_kernel(const Attributes& options, const std::vector<at::Tensor>& parameters) {
  const double eps = options.real("eps");
  if (options.boolean("amsgrad") || options.boolean("maximize")) return false;
  if (eps < cpu::least_adam_eps || eps > cpu::most_adam_eps) return false;
  return std::ranges::all_of(parameters, [](const at::Tensor& parameter) {
    const bool known = parameter.scalar_type() == at::kFloat || parameter.scalar_type() == at::kDouble;
    return known && parameter.is_cpu() && parameter.is_non_overlapping_and_dense();
  });
}

template <class T>
void step_over(const cpu::AdamOptions& options, const at::Tensor& parameter, const at::Tensor& gradient,
               const at::Tensor& mean, const at::Tensor& square) {
  const cpu::AdamNumbers<T> all = {gradient.const_data_ptr<T>(), mean.mutable_data_ptr<T>(),
                                   square.mutable_data_ptr<T>(), parameter.mutable_data_ptr<T>()};
  const auto share = [&](std::int64_t begin, std::int64_t end) {
    cpu::adam_step<T>(options, end - begin,
                      {all.gradient + begin, all.mean + begin, all.square + begin, all.weights + begin});
  };
  parallel_shares(0, parameter.numel(), kUpdatedAlone, share);
}

}  // namespace

void Adam::step_by_own_kernel(const Attributes& options, const Lists& lists) const {
  const std::vector<double>& betas = options.reals("betas");
  const cpu::AdamOptions step = {.lr = options.real("lr"),
                                 .beta1 = betas[0],
                                 .beta2 = betas[1],
                                 .eps = options.real("eps"),
                                 .weight_decay = options.real("weight_decay"),
                                 .decoupled = decay_ == Decay::decoupled,
                                 .updates = *lists.steps.front().const_data_ptr<float>()};
  const auto over =
      lists.parameters.front().scalar_type() == at::kFloat ? step_over<float> : step_over<double>;
  for (size_t i = 0; i < lists.parameters.size(); ++i)
    over(step, lists.parameters[i], lists.gradients[i], lists.states[0][i], lists.states[1][i]);
}

void Adam::update(const Attributes& options, Lists& lists) const {
  if (!lists.rate.defined() && has_own_kernel(options, lists.parameters))
    return step_by_own_kernel(options, lists);
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
