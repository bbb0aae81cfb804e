#include "runtime/engine/training/metric_batches.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/ATen.h>

namespace orrery {
namespace {

// (N, C, …) as rows of classes.
at::Tensor rows_of_classes(const at::Tensor& scores) {
  return scores.movedim(1, -1).reshape({-1, scores.size(1)});
}

// torchmetrics: a batch with scores outside of 0 … 1 is one of logits.
at::Tensor probabilities(const at::Tensor& scores) {
  const at::Tensor outside = scores.lt(0).logical_or(scores.gt(1)).any();
  return at::where(outside, scores.sigmoid(), scores);
}

at::Tensor said_by(const Metric& metric, const at::Tensor& scores, const at::Tensor& labels) {
  if (metric.binary)
    return probabilities(scores.reshape({-1})).gt(metric.options.real("threshold")).to(at::kLong);
  const at::Tensor rows = rows_of_classes(scores);
  const auto& entries = metric.options.entries();
  const bool has_top = std::ranges::any_of(entries, [](const auto& entry) { return entry.name == "top_k"; });
  const std::int64_t top = has_top ? metric.options.integer("top_k") : 1;
  if (top == 1) return rows.argmax(1);
  const at::Tensor best = std::get<1>(rows.topk(top, 1));
  return at::where(best.eq(labels.unsqueeze(1)).any(1), labels, best.select(1, 0));
}

// Numbers that are not doubles are subtracted as doubles.
at::Tensor difference(const std::vector<at::Tensor>& values) {
  return values.at(0).to(at::kDouble) - values.at(1).to(at::kDouble);
}

double decibels(const Metric& metric) { return 10 / std::log(metric.options.real("base")); }

}  // namespace

ClassedBatch classed(const Metric& metric, const std::vector<at::Tensor>& values) {
  const at::Tensor& scores = values.at(0);
  check(metric.binary || metric.classes == 0 || scores.size(1) == metric.classes, Fault::run,
        "metric '{}' is of {} classes, and got scores of {}", metric.name, metric.classes,
        metric.binary ? 1 : scores.size(1));
  ClassedBatch batch;
  batch.labels = values.at(1).reshape({-1}).to(at::kLong);
  batch.said = said_by(metric, scores, batch.labels);
  if (metric.options.has("ignore_index"))
    batch.counted = batch.labels.ne(metric.options.integer("ignore_index"));
  return batch;
}

MetricSum::Share mean_of_batch(const Metric&, const std::vector<at::Tensor>& values, std::int64_t samples) {
  const at::Tensor& value = values.at(0);
  return {
      .sum = value.dim() == 0 ? value : value.to(at::kDouble).mean(), .weight = samples, .times = samples};
}

MetricSum::Share hits_of_batch(const Metric& metric, const std::vector<at::Tensor>& values, std::int64_t) {
  const ClassedBatch batch = classed(metric, values);
  const at::Tensor hits = batch.said.eq(batch.labels);
  if (!batch.counted.defined()) return {hits.sum(), batch.labels.numel()};
  return {hits.logical_and(batch.counted).sum(), 0, batch.counted.sum()};
}

MetricSum::Share squares_of_batch(const Metric&, const std::vector<at::Tensor>& values, std::int64_t) {
  return {difference(values).square().sum(), values.at(0).numel()};
}

MetricSum::Share distances_of_batch(const Metric&, const std::vector<at::Tensor>& values, std::int64_t) {
  return {difference(values).abs().sum(), values.at(0).numel()};
}

MetricSum::Share surprise_of_batch(const Metric& metric, const std::vector<at::Tensor>& values,
                                   std::int64_t) {
  const at::Tensor labels = values.at(1).reshape({-1}).to(at::kLong);
  const at::Tensor logits = values.at(0).reshape({labels.size(0), -1});
  // No label is so small: all count.
  const std::int64_t ignored = metric.options.has("ignore_index") ? metric.options.integer("ignore_index")
                                                                  : std::numeric_limits<std::int64_t>::min();
  const at::Tensor sum =
      at::nll_loss(logits.log_softmax(1, at::kDouble), labels, {}, at::Reduction::Sum, ignored);
  if (!metric.options.has("ignore_index")) return {sum, labels.numel()};
  return {sum, 0, labels.ne(ignored).sum()};
}

MetricSum::Share noise_ratios_of_batch(const Metric& metric, const std::vector<at::Tensor>& values,
                                       std::int64_t) {
  const at::Tensor squares = difference(values).square().mean(metric.options.integers("dim"));
  const at::Tensor ratios =
      (2 * std::log(metric.options.real("data_range")) - squares.log()) * decibels(metric);
  return {ratios.sum(), ratios.numel()};
}

double root_unless_squared(const Metric& metric, double mean) {
  return metric.options.boolean("squared") ? mean : std::sqrt(mean);
}

double power_of_e(const Metric&, double mean) { return std::exp(mean); }

double noise_ratio(const Metric& metric, double mean) {
  return (2 * std::log(metric.options.real("data_range")) - std::log(mean)) * decibels(metric);
}

}  // namespace orrery
