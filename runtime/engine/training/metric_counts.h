#pragma once

#include "runtime/engine/training/metric_state.h"

namespace orrery {

/// Metrics that are computed from counts of samples by class: accuracy, precision, recall and F1 of classes,
/// and the confusion matrix. Labels that are out of range are counted, and refused when numbers are asked
/// for: to look at them earlier would wait for the device.
class MetricCounts : public MetricState {
 public:
  explicit MetricCounts(Metric metric) : metric_(std::move(metric)) {}

  void add(const std::vector<at::Tensor>& values, std::int64_t samples) override;
  std::vector<double> numbers() const override;
  void reset() override { counts_ = at::Tensor(); }
  void save(const std::string& name, Checkpoint& to) const override;
  void load(const std::string& name, const Checkpoint& from) override;

 private:
  bool of_pairs() const { return metric_.kind->name == "confusion_matrix"; }
  void count(std::int64_t row, const at::Tensor& slots, const at::Tensor& amounts);

  Metric metric_;
  /// int64: rows of hits, labels and predictions by class; or one row of pairs of label and prediction. At
  /// the end of each stand those that are out of range, and those that are ignored.
  at::Tensor counts_;
};

}  // namespace orrery
