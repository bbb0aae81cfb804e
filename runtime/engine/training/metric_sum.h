#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/engine/training/metric_state.h"

namespace orrery {

/// A number with its name.
struct NamedNumber {
  std::string name;
  double value = 0;
};

/// Numbers added up in double precision. On a device the sum stays there until it is asked for.
class RunningSum {
 public:
  /// A tensor of one number, so many times.
  void add(const at::Tensor& number, std::int64_t times = 1);
  void add(double number) { sum_ += number; }
  /// Waits for the device.
  double value() const;

 private:
  double sum_ = 0;         ///< what came from the CPU
  at::Tensor device_sum_;  ///< float64, undefined until something came from a device
};

/// A metric that is a mean over samples, elements or labels, or computed from one: the exact mean, also when
/// batches differ in size.
class MetricSum : public MetricState {
 public:
  /// What a batch adds.
  struct Share {
    at::Tensor sum;
    std::int64_t weight = 0;
    at::Tensor device_weight = {};  ///< instead of `weight` where only the device knows it
    std::int64_t times = 1;         ///< that the sum counts
  };
  using OfBatch = Share (*)(const Metric& metric, const std::vector<at::Tensor>& values,
                            std::int64_t samples);
  using OfMean = double (*)(const Metric& metric, double mean);

  MetricSum(Metric metric, OfBatch of_batch, OfMean of_mean)
      : metric_(std::move(metric)), of_batch_(of_batch), of_mean_(of_mean) {}

  void add(const std::vector<at::Tensor>& values, std::int64_t samples) override;
  std::vector<double> numbers() const override;
  void reset() override;
  void save(const std::string& name, Checkpoint& to) const override;
  void load(const std::string& name, const Checkpoint& from) override;

 private:
  Metric metric_;
  OfBatch of_batch_;
  OfMean of_mean_;  ///< null: the mean itself
  RunningSum sum_, weight_;
};

}  // namespace orrery
