#include "runtime/engine/training/gradient_scaling.h"

#include <cmath>
#include <map>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

namespace orrery {
namespace {

constexpr double kGrowth = 2, kBackoff = 0.5;
constexpr std::int64_t kGrowthInterval = 2000;
constexpr const char* kScaleKey = "scaler.scale";
constexpr const char* kFiniteKey = "scaler.finite_updates";

at::Tensor one_on(const at::Device& device) { return at::ones({1}, at::device(device).dtype(at::kFloat)); }

}  // namespace

// The factor is a tensor: a number would leave a loss in float16 as it is, where 65536 is infinite.
at::Tensor GradientScaling::scaled(const at::Tensor& loss) const {
  return on_ ? loss * at::scalar_tensor(scale_, loss.options().dtype(at::kFloat).requires_grad(false)) : loss;
}

bool GradientScaling::unscale(std::vector<at::Tensor>& gradients) const {
  if (!on_) return true;
  const c10::NoGradGuard no_grad;
  std::map<std::string, std::vector<at::Tensor>> by_device;
  for (at::Tensor& gradient : gradients) {
    if (!gradient.defined()) continue;
    gradient = gradient * (1 / scale_);
    by_device[gradient.device().str()].push_back(gradient);
  }
  std::vector<at::Tensor> found;
  for (const auto& [name, list] : by_device) {
    const at::Tensor one = one_on(list.front().device());
    found.push_back(at::zeros_like(one));
    at::_amp_foreach_non_finite_check_and_unscale_(list, found.back(), one);
  }
  // Every device is at work before the first is waited for.
  bool finite = true;
  for (const at::Tensor& number : found) finite = number.item<float>() == 0 && finite;
  return finite;
}

void GradientScaling::settle(bool finite) {
  if (!on_) return;
  if (finite && ++finite_updates_ < kGrowthInterval) return;
  finite_updates_ = 0;
  const double next = scale_ * (finite ? kGrowth : kBackoff);
  if (std::isfinite(static_cast<float>(next))) scale_ = next;
}

void GradientScaling::save(Checkpoint& to) const {
  if (!on_) return;
  to.numbers[kScaleKey] = scale_;
  to.numbers[kFiniteKey] = static_cast<double>(finite_updates_);
}

void GradientScaling::load(const Checkpoint& from) {
  if (!on_ || !from.numbers.contains(kScaleKey)) return;
  scale_ = from.number(kScaleKey);
  finite_updates_ = from.count(kFiniteKey);
}

}  // namespace orrery
