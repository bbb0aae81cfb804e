#include "runtime/engine/training/adafactor.h"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>

namespace orrery {
namespace {

at::Tensor root_mean_square(const at::Tensor& tensor) {
  return at::linalg_vector_norm(tensor, 2).to(at::kDouble) / std::sqrt(static_cast<double>(tensor.numel()));
}

at::Tensor mean_square(const at::Tensor& gradient, std::int64_t dim) {
  return at::linalg_vector_norm(gradient, 2, at::IntArrayRef(dim), true).square_().div_(gradient.size(dim));
}

// The product of the two means, brought to the scale of one.
at::Tensor factored_variance(const at::Tensor& rows, const at::Tensor& columns, const at::Tensor& gradient,
                             const at::Tensor& weight, double eps) {
  rows.lerp_(mean_square(gradient, -1), weight);
  columns.lerp_(mean_square(gradient, -2), weight);
  return at::matmul(rows, columns).div_(rows.mean({-2}, true).clamp_min_(eps));
}

double smallest(const at::Tensor& parameter) {
  return parameter.scalar_type() == at::kDouble  ? std::numeric_limits<double>::epsilon()
         : parameter.scalar_type() == at::kFloat ? std::numeric_limits<float>::epsilon()
         : parameter.scalar_type() == at::kHalf  ? std::numeric_limits<at::Half>::epsilon()
                                                 : std::numeric_limits<at::BFloat16>::epsilon();
}

}  // namespace

void Adafactor::update(const Attributes& options, Lists& lists) const {
  const double lr = options.real("lr"), decay = options.real("weight_decay");
  const bool given = options.has("eps"), factored = lists.states.size() == 2;
  const double eps = given ? options.reals("eps")[0] : smallest(lists.parameters.front());
  const double least = given ? options.reals("eps")[1] : 1e-3;
  const at::Tensor count = lists.count();
  const at::Tensor weight = lists.factor(at::pow(count, options.real("beta2_decay")));
  const at::Tensor rate = at::pow(count, -0.5).clamp_max(lr);
  const auto gradients = lists.descent(options, false);
  for (size_t i = 0; i < gradients.size(); ++i) {
    const at::Tensor &parameter = lists.parameters[i], &gradient = gradients[i];
    const at::Tensor size = root_mean_square(parameter).clamp_min_(least) * rate;
    if (decay != 0) parameter.mul_(1 - lr * decay);
    at::Tensor variance =
        factored ? factored_variance(lists.states[0][i], lists.states[1][i], gradient, weight, eps)
                 : lists.states[0][i].lerp_(gradient * gradient, weight).clone();
    const at::Tensor step = variance.clamp_min_(eps * eps).rsqrt_().mul_(gradient);
    const at::Tensor excess = (root_mean_square(step) / options.real("d")).clamp_min_(1);
    parameter.sub_(step.mul_(lists.factor(size / excess)));
  }
}

}  // namespace orrery
