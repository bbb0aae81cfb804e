#include "runtime/engine/training/metric_curve.h"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace orrery {
namespace {

/// Of one class against all others.
struct Area {
  double area = std::numeric_limits<double>::quiet_NaN();
  double samples = 0;  ///< of the class
};

// The share of pairs of a sample of the class and another that are in order; ties count half.
Area area_under(const at::Tensor& scores, const at::Tensor& of_class) {
  const auto [sorted, order] = scores.to(at::kDouble).sort(0);
  const at::Tensor ranked = sorted.to(at::kCPU).contiguous();
  const at::Tensor flags = of_class.index_select(0, order).to(at::kCPU, at::kDouble).contiguous();
  const double* score = ranked.const_data_ptr<double>();
  const double* flag = flags.const_data_ptr<double>();
  const std::int64_t count = ranked.numel();
  double below = 0, pairs = 0, inside = 0;
  for (std::int64_t i = 0; i < count;) {
    double tied = 0, tied_inside = 0;
    for (const double level = score[i]; i < count && score[i] == level; ++i) {
      tied += 1 - flag[i];
      tied_inside += flag[i];
    }
    pairs += tied_inside * (below + tied / 2);
    below += tied;
    inside += tied_inside;
  }
  if (below == 0 || inside == 0) return {.samples = inside};
  return {pairs / (inside * below), inside};
}

double averaged_area(const std::vector<Area>& areas, bool weighted) {
  double sum = 0, weights = 0;
  for (const Area& one : areas) {
    if (std::isnan(one.area)) continue;
    const double weight = weighted ? one.samples : 1;
    sum += weight * one.area;
    weights += weight;
  }
  return weights == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / weights;
}

at::Tensor as_probabilities(const at::Tensor& scores) {
  const bool logits = scores.lt(0).logical_or(scores.gt(1)).any().item<bool>();
  return logits ? scores.softmax(1, at::kDouble) : scores;
}

void check_scores(const Metric& metric, const at::Tensor& scores, const at::Tensor& labels) {
  const auto refuse = [&](const std::string& why) {
    throw Error(Fault::run, fmt::format("metric '{}' got {}", metric.name, why), metric.origin.site);
  };
  const at::Tensor outside = labels.lt(0).logical_or(labels.ge(metric.classes));
  if (outside.any().item<bool>())
    refuse(
        fmt::format("{} labels outside of 0 … {}", outside.sum().item<std::int64_t>(), metric.classes - 1));
  if (scores.isnan().any().item<bool>()) refuse("scores that are NaN, which have no order");
}

}  // namespace

// Batches are views of what the next one overwrites.
void MetricCurve::add(const std::vector<at::Tensor>& values, std::int64_t) {
  const at::Tensor& scores = values.at(0);
  const at::Tensor rows =
      metric_.binary ? scores.reshape({-1}) : scores.movedim(1, -1).reshape({-1, scores.size(1)});
  if (!scores_.empty() &&
      scores_.front().device() != rows.device()) {  // from a checkpoint they come on the CPU
    scores_.front() = scores_.front().to(rows.device());
    labels_.front() = labels_.front().to(rows.device());
  }
  scores_.push_back(rows.clone());
  labels_.push_back(values.at(1).reshape({-1}).to(at::kLong, false, true));
}

std::vector<double> MetricCurve::numbers() const {
  if (scores_.empty())
    return std::vector<double>(metric_.number_names("").size(), std::numeric_limits<double>::quiet_NaN());
  at::Tensor scores = at::cat(scores_), labels = at::cat(labels_);
  if (metric_.options.has("ignore_index")) {
    const at::Tensor counted = labels.ne(metric_.options.integer("ignore_index"));
    scores = scores.index({counted});
    labels = labels.index({counted});
  }
  check_scores(metric_, scores, labels);
  if (metric_.binary) return {area_under(scores, labels.eq(1)).area};
  scores = as_probabilities(scores);
  std::vector<Area> areas;
  for (std::int64_t k = 0; k < metric_.classes; ++k)
    areas.push_back(area_under(scores.select(1, k), labels.eq(k)));
  const std::string& average = metric_.options.text("average");
  if (average != "none") return {averaged_area(areas, average == "weighted")};
  std::vector<double> numbers;
  for (const Area& one : areas) numbers.push_back(one.area);
  return numbers;
}

void MetricCurve::reset() {
  scores_.clear();
  labels_.clear();
}

void MetricCurve::save(const std::string& name, Checkpoint& to) const {
  if (scores_.empty()) return;
  to.tensors.push_back({name + ".scores", at::cat(scores_)});
  to.tensors.push_back({name + ".labels", at::cat(labels_)});
}

void MetricCurve::load(const std::string& name, const Checkpoint& from) {
  reset();
  if (!from.find(name + ".scores")) return;
  scores_.push_back(from.tensor(name + ".scores"));
  labels_.push_back(from.tensor(name + ".labels"));
}

}  // namespace orrery
