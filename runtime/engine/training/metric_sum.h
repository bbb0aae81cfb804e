#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/training/checkpoint.h"
#include "runtime/governors/metric.h"

namespace orrery {

/// A number with its name.
struct NamedNumber {
  std::string name;
  double value = 0;
};

/// Gathers one metric over the batches of an epoch: the exact mean over samples, also when batches
/// differ in size. On a device the sum stays there until it is asked for.
class MetricSum {
 public:
  explicit MetricSum(Metric::Kind kind) : kind_(kind) {}

  /// Adds a batch of so many samples; `values` are those of the metric's specification.
  void add(const std::vector<at::Tensor>& values, std::int64_t samples);
  /// NaN when nothing was added. Waits for the device.
  double value() const;
  void reset();

  void save(const std::string& name, Checkpoint& to) const;
  void load(const std::string& name, const Checkpoint& from);

 private:
  void add_accuracy(const at::Tensor& scores, const at::Tensor& labels);
  void add_mean(const at::Tensor& value, std::int64_t samples);
  void gather(const at::Tensor& sum);

  Metric::Kind kind_;
  double sum_ = 0;         ///< what came from the CPU
  at::Tensor device_sum_;  ///< float64, undefined until something came from a device
  std::int64_t weight_ = 0;
};

}  // namespace orrery
