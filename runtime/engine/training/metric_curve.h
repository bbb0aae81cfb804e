#pragma once

#include "runtime/engine/training/metric_state.h"

namespace orrery {

/// The area under the ROC curve. Keeps all scores and labels of an epoch; several classes are each compared
/// with all others. A class without samples, or that all samples are of, has no curve (NaN) and is left out
/// of averages. Scores of several classes that are not all between 0 and 1 are taken for logits.
class MetricCurve : public MetricState {
 public:
  explicit MetricCurve(Metric metric) : metric_(std::move(metric)) {}

  void add(const std::vector<at::Tensor>& values, std::int64_t samples) override;
  std::vector<double> numbers() const override;
  void reset() override;
  void save(const std::string& name, Checkpoint& to) const override;
  void load(const std::string& name, const Checkpoint& from) override;

 private:
  Metric metric_;
  std::vector<at::Tensor> scores_;  ///< (samples) or (samples, classes), one a batch
  std::vector<at::Tensor> labels_;
};

}  // namespace orrery
