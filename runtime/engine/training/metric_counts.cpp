#include "runtime/engine/training/metric_counts.h"

#include <limits>
#include <numeric>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "runtime/engine/training/metric_batches.h"

namespace orrery {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

enum Row : std::int64_t { kHits, kLabels, kSaid, kRows };

double share_of(double part, double whole) { return whole == 0 ? 0 : part / whole; }

// Of one class; 0 where nothing is divided by nothing, as torchmetrics has it.
double score_of_class(const std::string& kind, double hits, double labels, double said) {
  if (kind == "precision") return share_of(hits, said);
  if (kind == "f1_score") return share_of(2 * hits, labels + said);
  return share_of(hits, labels);  // recall, and the accuracy of one class
}

std::vector<double> normalized(std::vector<double> pairs, const Metric& metric) {
  const std::string& normalize = metric.options.text("normalize");
  if (normalize == "none") return pairs;
  const auto classes = static_cast<size_t>(metric.classes);
  const std::vector<double> counts = pairs;
  const double all = std::accumulate(counts.begin(), counts.end(), 0.0);
  for (size_t i = 0; i < pairs.size(); ++i) {
    double row = 0, column = 0;
    for (size_t k = 0; k < classes; ++k) {
      row += counts[i / classes * classes + k];
      column += counts[k * classes + i % classes];
    }
    pairs[i] = share_of(pairs[i], normalize == "true" ? row : normalize == "pred" ? column : all);
  }
  return pairs;
}

// Counts by class or pair, without those at the end of the row.
std::vector<double> counted_in(const at::Tensor& counts, std::int64_t row) {
  const at::Tensor one = counts.select(0, row).to(at::kDouble);
  const double* first = one.const_data_ptr<double>();
  return {first, first + one.numel() - 2};
}

void refuse_outside(const Metric& metric, std::int64_t outside) {
  if (outside == 0) return;
  throw Error(Fault::run,
              fmt::format("metric '{}' got {} label{} outside of 0 … {}", metric.name, outside,
                          outside == 1 ? "" : "s", metric.classes - 1),
              metric.origin.site, "Labels that shall not count are told by ignore_index.");
}

// A class that is neither a label nor said does not count; where one of several scores is enough, one that is
// no label. So it is in torchmetrics.
double averaged(const Metric& metric, const std::vector<double>& scores, const std::vector<double>& labels,
                const std::vector<double>& said) {
  const bool by_labels = metric.kind->name != "f1_score" && metric.options.integer("top_k") > 1;
  const bool weighted = metric.options.text("average") == "weighted";
  double sum = 0, weights = 0;
  for (size_t k = 0; k < scores.size(); ++k) {
    const bool there = by_labels ? labels[k] > 0 : labels[k] + said[k] > 0;
    const double weight = weighted ? labels[k] : there ? 1 : 0;
    sum += weight * scores[k];
    weights += weight;
  }
  return share_of(sum, weights);
}

}  // namespace

void MetricCounts::add(const std::vector<at::Tensor>& values, std::int64_t) {
  const ClassedBatch batch = classed(metric_, values);
  const std::int64_t classes = metric_.classes, width = of_pairs() ? classes * classes : classes;
  if (!counts_.defined())
    counts_ = at::zeros({of_pairs() ? 1 : std::int64_t{kRows}, width + 2}, batch.labels.options());
  counts_ = counts_.to(batch.labels.device());  // from a checkpoint it comes on the CPU
  const at::Tensor inside = batch.labels.ge(0).logical_and(batch.labels.lt(classes));
  const auto slots = [&](const at::Tensor& of_counted) {
    const at::Tensor known = at::where(inside, of_counted, width);
    return batch.counted.defined() ? at::where(batch.counted, known, width + 1) : known;
  };
  const at::Tensor ones = at::ones_like(batch.labels);
  if (of_pairs()) return count(0, slots(batch.labels * classes + batch.said), ones);
  count(kHits, slots(batch.labels), batch.said.eq(batch.labels).to(at::kLong));
  count(kLabels, slots(batch.labels), ones);
  count(kSaid, slots(batch.said), ones);
}

void MetricCounts::count(std::int64_t row, const at::Tensor& slots, const at::Tensor& amounts) {
  counts_.select(0, row).scatter_add_(0, slots, amounts);
}

std::vector<double> MetricCounts::numbers() const {
  if (!counts_.defined()) return std::vector<double>(metric_.number_names("").size(), kNothing);
  const at::Tensor counts = counts_.to(at::kCPU);
  refuse_outside(metric_, counts[of_pairs() ? 0 : std::int64_t{kLabels}][-2].item<std::int64_t>());
  if (of_pairs()) return normalized(counted_in(counts, 0), metric_);
  const std::vector<double> hits = counted_in(counts, kHits), labels = counted_in(counts, kLabels),
                            said = counted_in(counts, kSaid);
  std::vector<double> scores;
  for (size_t k = 0; k < hits.size(); ++k)
    scores.push_back(score_of_class(metric_.kind->name, hits[k], labels[k], said[k]));
  if (metric_.binary) return {scores[1]};
  if (metric_.options.text("average") == "none") return scores;
  return {averaged(metric_, scores, labels, said)};
}

void MetricCounts::save(const std::string& name, Checkpoint& to) const {
  if (counts_.defined()) to.tensors.push_back({name + ".counts", counts_});
}

void MetricCounts::load(const std::string& name, const Checkpoint& from) {
  reset();
  if (const at::Tensor* counts = from.find(name + ".counts")) counts_ = counts->clone();
}

}  // namespace orrery
