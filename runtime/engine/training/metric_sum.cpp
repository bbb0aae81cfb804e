#include "runtime/engine/training/metric_sum.h"

#include <limits>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

namespace orrery {

void MetricSum::add(const std::vector<at::Tensor>& values, std::int64_t samples) {
  const c10::NoGradGuard no_grad;
  if (kind_ == Metric::Kind::accuracy)
    add_accuracy(values.at(0), values.at(1));
  else
    add_mean(values.at(0), samples);
}

void MetricSum::add_accuracy(const at::Tensor& scores, const at::Tensor& labels) {
  gather(scores.argmax(1).eq(labels).sum());
  weight_ += labels.numel();
}

void MetricSum::add_mean(const at::Tensor& value, std::int64_t samples) {
  const at::Tensor wide = value.to(at::kDouble);
  gather((wide.dim() == 0 ? wide : wide.mean()) * samples);
  weight_ += samples;
}

// Reading a number of the CPU costs less than an addition of tensors; reading one of a device stops its
// queue.
void MetricSum::gather(const at::Tensor& sum) {
  if (sum.is_cpu())
    sum_ += sum.item<double>();
  else if (device_sum_.defined())
    device_sum_.add_(sum);
  else
    device_sum_ = sum.to(at::kDouble);
}

double MetricSum::value() const {
  if (weight_ == 0) return std::numeric_limits<double>::quiet_NaN();
  const double on_device = device_sum_.defined() ? device_sum_.item<double>() : 0;
  return (sum_ + on_device) / static_cast<double>(weight_);
}

void MetricSum::save(const std::string& name, Checkpoint& to) const {
  to.numbers[name + ".sum"] = sum_ + (device_sum_.defined() ? device_sum_.item<double>() : 0);
  to.numbers[name + ".weight"] = static_cast<double>(weight_);
}

void MetricSum::load(const std::string& name, const Checkpoint& from) {
  reset();
  sum_ = from.number(name + ".sum");
  weight_ = from.count(name + ".weight");
}

void MetricSum::reset() {
  sum_ = 0;
  device_sum_ = at::Tensor();
  weight_ = 0;
}

}  // namespace orrery
