#include "runtime/engine/training/metric_sum.h"

#include <limits>

#include <ATen/ATen.h>

namespace orrery {

// Reading a number of the CPU costs less than an addition of tensors; reading one of a device stops its
// queue.
void RunningSum::add(const at::Tensor& number, std::int64_t times) {
  if (number.is_cpu())
    sum_ += number.item<double>() * static_cast<double>(times);
  else if (device_sum_.defined())
    device_sum_.add_(number.to(at::kDouble), times);
  else
    device_sum_ = number.to(at::kDouble) * times;
}

double RunningSum::value() const { return sum_ + (device_sum_.defined() ? device_sum_.item<double>() : 0); }

void MetricSum::add(const std::vector<at::Tensor>& values, std::int64_t samples) {
  const Share share = of_batch_(metric_, values, samples);
  sum_.add(share.sum, share.times);
  if (share.device_weight.defined())
    weight_.add(share.device_weight);
  else
    weight_.add(static_cast<double>(share.weight));
}

std::vector<double> MetricSum::numbers() const {
  const double weight = weight_.value();
  if (weight == 0) return {std::numeric_limits<double>::quiet_NaN()};
  const double mean = sum_.value() / weight;
  return {of_mean_ ? of_mean_(metric_, mean) : mean};
}

void MetricSum::save(const std::string& name, Checkpoint& to) const {
  to.numbers[name + ".sum"] = sum_.value();
  to.numbers[name + ".weight"] = weight_.value();
}

void MetricSum::load(const std::string& name, const Checkpoint& from) {
  reset();
  sum_.add(from.number(name + ".sum"));
  weight_.add(from.number(name + ".weight"));
}

void MetricSum::reset() { sum_ = weight_ = RunningSum(); }

}  // namespace orrery
