#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/training/checkpoint.h"
#include "runtime/governors/metric.h"

namespace orrery {

/// What one metric has gathered over the batches of an epoch, on the device of the values: nothing waits for
/// it before `numbers`. The metric's graph outlives it.
class MetricState {
 public:
  virtual ~MetricState() = default;

  /// Adds a batch of so many samples; `values` are those of the metric's specification, without gradients.
  virtual void add(const std::vector<at::Tensor>& values, std::int64_t samples) = 0;
  /// In the order of Metric::number_names; NaN where nothing tells. Waits for the device. Throws
  /// `Error(Fault::run)` when labels were out of range.
  virtual std::vector<double> numbers() const = 0;
  virtual void reset() = 0;

  /// On the CPU, what goes on from a saved state gives the same bits.
  virtual void save(const std::string& name, Checkpoint& to) const = 0;
  /// REQUIRES: a state of the same kind and options was saved under the name.
  virtual void load(const std::string& name, const Checkpoint& from) = 0;
};

std::shared_ptr<MetricState> metric_state(const Metric& metric);

}  // namespace orrery
