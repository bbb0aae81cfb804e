#include "runtime/engine/training/muon.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

namespace orrery {
namespace {

// The nearest orthogonal matrix, roughly: a quintic Newton-Schulz iteration in bfloat16, as PyTorch's.
at::Tensor orthogonalised(const at::Tensor& matrix, const Attributes& options) {
  const std::vector<double>& abc = options.reals("ns_coefficients");
  const bool tall = matrix.size(0) > matrix.size(1);
  at::Tensor result = matrix.to(at::kBFloat16, false, true);
  if (tall) result = result.t();
  result.div_(at::linalg_vector_norm(result, 2).clamp_min(options.real("eps")));
  for (std::int64_t i = 0; i < options.integer("ns_steps"); ++i) {
    const at::Tensor gram = result.mm(result.t());
    result = at::addmm(result, at::addmm(gram, gram, gram, abc[1], abc[2]), result, abc[0]);
  }
  return tall ? result.t() : result;
}

double adjusted(double lr, const Attributes& options, const at::Tensor& matrix) {
  const auto rows = static_cast<double>(matrix.size(0)), columns = static_cast<double>(matrix.size(1));
  const bool as_adamw = options.has("adjust_lr_fn") && options.text("adjust_lr_fn") == "match_rms_adamw";
  if (as_adamw) return lr * 0.2 * std::sqrt(std::max(rows, columns));
  return lr * std::sqrt(std::max(1.0, rows / columns));
}

}  // namespace

void Muon::update(const Attributes& options, Lists& lists) const {
  const double lr = options.real("lr"), momentum = options.real("momentum");
  const auto& means = lists.states[0];
  at::_foreach_lerp_(means, lists.gradients, 1 - momentum);
  const auto steps =
      options.boolean("nesterov") ? at::_foreach_lerp(lists.gradients, means, momentum) : means;
  at::_foreach_mul_(lists.parameters, 1 - lr * options.real("weight_decay"));
  for (size_t i = 0; i < steps.size(); ++i)
    lists.parameters[i].add_(orthogonalised(steps[i], options), -adjusted(lr, options, steps[i]));
}

}  // namespace orrery
