#pragma once

#include "runtime/engine/training/metric_state.h"

namespace orrery {

/// The coefficient of determination, 1 - Σ(y - p)² / Σ(y - mean)², of each output by itself. Spreads of
/// batches are joined as in Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for
/// computing sample variances", 1979: sums of squares would cancel. NaN for less than two samples; targets
/// that are all the same give 1 when they are met and else 0, as in scikit-learn.
class MetricVariance : public MetricState {
 public:
  explicit MetricVariance(Metric metric) : metric_(std::move(metric)) {}

  void add(const std::vector<at::Tensor>& values, std::int64_t samples) override;
  std::vector<double> numbers() const override;
  void reset() override;
  void save(const std::string& name, Checkpoint& to) const override;
  void load(const std::string& name, const Checkpoint& from) override;

 private:
  Metric metric_;
  std::int64_t samples_ = 0;
  /// float64: rows of the targets' mean, of the squares around it and of the squared errors, by output.
  at::Tensor sums_;
};

}  // namespace orrery
