#include "runtime/engine/training/nadam.h"

#include <ATen/ATen.h>

namespace orrery {
namespace {

std::vector<at::Scalar> numbers(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Scalar> numbers;
  for (const at::Tensor& tensor : tensors) numbers.push_back(tensor.item());
  return numbers;
}

}  // namespace

void NAdam::update(const Attributes& options, Lists& lists) const {
  const double lr = options.real("lr");
  const std::vector<double>& betas = options.reals("betas");
  const auto &means = lists.states[0], &squares = lists.states[1], &products = lists.states[2];
  const bool decoupled = options.boolean("decoupled_weight_decay");
  const auto gradients = lists.descent(options, !decoupled);
  if (decoupled && options.real("weight_decay") != 0)
    at::_foreach_mul_(lists.parameters, 1 - lr * options.real("weight_decay"));
  at::_foreach_lerp_(means, gradients, 1 - betas[0]);
  at::_foreach_mul_(squares, betas[1]);
  at::_foreach_addcmul_(squares, gradients, gradients, 1 - betas[1]);

  // The factors of gradient and mean, which a device keeps to itself; as numbers they round as PyTorch's do.
  const at::Tensor count = lists.count();
  const auto momentum_at = [&](const at::Tensor& update) {
    return betas[0] * (1 - 0.5 * at::pow(0.96, update * options.real("momentum_decay")));
  };
  const at::Tensor momentum = momentum_at(count), next = momentum_at(count + 1);
  at::_foreach_mul_(products, momentum.to(at::kFloat));
  std::vector<at::Tensor> of_gradient, of_mean;
  for (const at::Tensor& each : products) {
    const at::Tensor product = each.to(at::kDouble);
    of_gradient.push_back(-lr * (1 - momentum) / (1 - product));
    of_mean.push_back(-lr * next / (1 - product * next));
  }
  const at::Tensor correction = at::sqrt(1 - at::pow(betas[1], count));
  const auto divisors = at::_foreach_sqrt(squares);
  if (!count.is_cpu()) {
    at::_foreach_div_(divisors, lists.factor(correction));
    at::_foreach_add_(divisors, options.real("eps"));
    at::_foreach_addcdiv_(lists.parameters, at::_foreach_mul(gradients, lists.factors(of_gradient)),
                          divisors);
    at::_foreach_addcdiv_(lists.parameters, at::_foreach_mul(means, lists.factors(of_mean)), divisors);
    return;
  }
  at::_foreach_div_(divisors, correction.item());
  at::_foreach_add_(divisors, options.real("eps"));
  at::_foreach_addcdiv_(lists.parameters, gradients, divisors, numbers(of_gradient));
  at::_foreach_addcdiv_(lists.parameters, means, divisors, numbers(of_mean));
}

}  // namespace orrery
