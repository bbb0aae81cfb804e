#pragma once

#include <string>
#include <vector>

#include "runtime/governors/metric.h"

namespace orrery {

// What the descriptions of metrics share.

/// Labels that do not count.
Attribute ignored_label();
/// Refuses labels that are not integers.
void check_label_type(const Metric& metric, const Value& labels);
/// Refuses a value that is not floating.
void check_floating(const Metric& metric, const Value& value, const std::string& what);
/// Are the shapes the same, as far as is known?
bool may_equal(const Shape& one, const Shape& other);
/// Refuses two values of different shapes.
void check_same_shape(const Metric& metric);

/// accuracy, precision, recall, f1_score, confusion_matrix, auroc: of scores and labels.
std::vector<MetricKind> class_metrics();
/// mean, errors, r2_score, perplexity: of numbers.
std::vector<MetricKind> number_metrics();
/// peak_signal_noise_ratio, structural_similarity_index_measure.
std::vector<MetricKind> image_metrics();

}  // namespace orrery
