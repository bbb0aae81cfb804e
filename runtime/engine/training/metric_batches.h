#pragma once

#include "runtime/engine/training/metric_sum.h"

namespace orrery {

// What a batch adds to metrics that are means.

/// What scores say and the labels, flat: the class with the largest score, or the label itself where it is
/// among the `top_k` largest; of binary scores, 1 above the threshold.
struct ClassedBatch {
  at::Tensor said, labels;  ///< int64
  at::Tensor counted;       ///< bool, false where the label is `ignore_index`; undefined: all count
};
ClassedBatch classed(const Metric& metric, const std::vector<at::Tensor>& values);

MetricSum::Share mean_of_batch(const Metric& metric, const std::vector<at::Tensor>& values,
                               std::int64_t samples);
/// Labels that were said.
MetricSum::Share hits_of_batch(const Metric& metric, const std::vector<at::Tensor>& values,
                               std::int64_t samples);
/// Squared differences of elements, and absolute ones.
MetricSum::Share squares_of_batch(const Metric& metric, const std::vector<at::Tensor>& values,
                                  std::int64_t samples);
MetricSum::Share distances_of_batch(const Metric& metric, const std::vector<at::Tensor>& values,
                                    std::int64_t samples);
/// Negative log-likelihoods of labels.
MetricSum::Share surprise_of_batch(const Metric& metric, const std::vector<at::Tensor>& values,
                                   std::int64_t samples);
/// Decibels of each picture.
MetricSum::Share noise_ratios_of_batch(const Metric& metric, const std::vector<at::Tensor>& values,
                                       std::int64_t samples);
/// SSIM of each picture: Wang et al., "Image quality assessment: from error visibility to structural
/// similarity", 2004; over their borders pictures go on as in a mirror, as in torchmetrics.
MetricSum::Share similarities_of_batch(const Metric& metric, const std::vector<at::Tensor>& values,
                                       std::int64_t samples);

// What is computed from a mean.

double root_unless_squared(const Metric& metric, double mean);
double power_of_e(const Metric& metric, double mean);
/// Decibels of a mean of squares.
double noise_ratio(const Metric& metric, double mean);

}  // namespace orrery
