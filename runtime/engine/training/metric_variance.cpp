#include "runtime/engine/training/metric_variance.h"

#include <limits>

#include <ATen/ATen.h>

namespace orrery {
namespace {

double determination(double squares, double errors) {
  if (squares == 0) return errors == 0 ? 1 : 0;
  return 1 - errors / squares;
}

// (N) or (N, outputs) as rows.
at::Tensor as_outputs(const at::Tensor& values) {
  return values.to(at::kDouble).reshape({values.size(0), -1});
}

}  // namespace

void MetricVariance::add(const std::vector<at::Tensor>& values, std::int64_t) {
  if (values.at(0).size(0) == 0) return;
  const at::Tensor predictions = as_outputs(values.at(0)), targets = as_outputs(values.at(1));
  const at::Tensor mean = targets.mean(0);
  const at::Tensor batch =
      at::stack({mean, (targets - mean).square().sum(0), (targets - predictions).square().sum(0)});
  const auto before = static_cast<double>(samples_), now = static_cast<double>(targets.size(0));
  samples_ += targets.size(0);
  if (!sums_.defined()) {
    sums_ = batch;
    return;
  }
  sums_ = sums_.to(batch.device());  // from a checkpoint it comes on the CPU
  const at::Tensor step = mean - sums_[0];
  const at::Tensor squares = sums_[1] + batch[1] + step.square() * (before * now / (before + now));
  sums_ = at::stack({sums_[0] + step * (now / (before + now)), squares, sums_[2] + batch[2]});
}

std::vector<double> MetricVariance::numbers() const {
  if (samples_ < 2) return {std::numeric_limits<double>::quiet_NaN()};
  const at::Tensor sums = sums_.to(at::kCPU).contiguous();
  const std::int64_t outputs = sums.size(1);
  const double* squares = sums.const_data_ptr<double>() + outputs;
  const double* errors = squares + outputs;
  const bool weighted = metric_.options.text("multioutput") == "variance_weighted";
  double sum = 0, weights = 0, plain = 0;
  for (std::int64_t i = 0; i < outputs; ++i) {
    const double score = determination(squares[i], errors[i]);
    plain += score;
    sum += squares[i] * score;
    weights += squares[i];
  }
  return {weighted && weights > 0 ? sum / weights : plain / static_cast<double>(outputs)};
}

void MetricVariance::reset() {
  samples_ = 0;
  sums_ = at::Tensor();
}

void MetricVariance::save(const std::string& name, Checkpoint& to) const {
  to.numbers[name + ".samples"] = static_cast<double>(samples_);
  if (sums_.defined()) to.tensors.push_back({name + ".sums", sums_});
}

void MetricVariance::load(const std::string& name, const Checkpoint& from) {
  reset();
  samples_ = from.count(name + ".samples");
  if (samples_ > 0) sums_ = from.tensor(name + ".sums");
}

}  // namespace orrery
