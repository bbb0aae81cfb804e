#include <fmt/format.h>

#include "runtime/governors/metric_kinds.h"
#include "runtime/governors/optimizer_kinds.h"

namespace orrery {
namespace {

// Each class of a matrix is a row of the history for each of the others, in every epoch.
constexpr std::int64_t kMostClassesOfAMatrix = 100;

Attribute threshold() {
  Attribute threshold = amount("threshold", 0.5, "of binary scores: above it the class is 1");
  threshold.max = 1;
  return threshold;
}

Attribute num_classes() {
  return {.name = "num_classes", .doc = "classes; none: as many as there are scores", .min = 2};
}

Attribute average(std::string value, std::vector<std::string> choices) {
  return {.name = "average",
          .type = AttributeType::text,
          .doc = "over all samples alike, over classes, over classes by their samples, or a number a class",
          .value = std::move(value),
          .choices = std::move(choices)};
}

std::vector<Attribute> options_of_counts() {
  return {threshold(), num_classes(), average("micro", {"micro", "macro", "weighted", "none"}),
          whole_number("top_k", std::int64_t{1}, "a label counts as hit among so many largest scores"),
          ignored_label()};
}

// Scores of shape (N, …) are of one class against the other, where labels have that shape.
bool is_binary(const Metric& metric) {
  const Value &scores = metric.values[0], &labels = metric.values[1];
  return is_floating(scores.dtype()) && is_integral(labels.dtype()) && !scores.shape().empty() &&
         scores.shape().size() == labels.shape().size();
}

void check_binary(Metric& metric) {
  check_same_shape(metric);
  metric.binary = true;
  metric.classes = 2;
  for (const Attribute& attribute : metric.kind->attributes) {
    const bool of_classes =
        attribute.name == "num_classes" || attribute.name == "average" || attribute.name == "top_k";
    if (of_classes && metric.options.at(attribute.name) != attribute.value)
      metric.refuse("scores of shape (N, classes) or (N, classes, …) with " + attribute.name,
                    str(metric.values[0].shape()),
                    "Scores of the shape of the labels are of one class against the other.");
  }
}

void check_class_count(Metric& metric) {
  const Dim& scored = metric.values[0].shape()[1];
  if (metric.options.has("num_classes")) {
    metric.classes = metric.options.integer("num_classes");
    if (equal(scored, metric.classes) == Known::no)
      metric.refuse(fmt::format("scores of {} classes, as num_classes says", metric.classes),
                    str(metric.values[0].shape()));
  } else if (scored.known()) {
    metric.classes = scored.value();
  }
}

void require_class_count(const Metric& metric) {
  if (metric.classes == 0)
    metric.refuse("a number of classes that is known", str(metric.values[0].shape()), "Give it num_classes.");
}

void check_scores(Metric& metric) {
  const Value &scores = metric.values[0], &labels = metric.values[1];
  if (is_binary(metric)) return check_binary(metric);
  if (scores.shape().size() < 2)
    metric.refuse("scores of shape (N, classes) or (N, classes, …)", str(scores.shape()),
                  "The scores come first, then the labels.");
  check_label_type(metric, labels);
  Shape wanted = scores.shape();
  wanted.erase(wanted.begin() + 1);
  if (!may_equal(wanted, labels.shape()))
    metric.refuse("labels of shape " + str(wanted), str(labels.shape()));
  check_class_count(metric);
}

void check_counts(Metric& metric) {
  check_scores(metric);
  if (metric.binary) return;
  if (metric.options.text("average") != "micro") require_class_count(metric);
  const std::int64_t top = metric.options.integer("top_k");
  if (metric.classes != 0 && top > metric.classes)
    metric.refuse(fmt::format("a top_k of at most {}, the number of classes", metric.classes),
                  std::to_string(top));
}

void check_matrix(Metric& metric) {
  check_scores(metric);
  require_class_count(metric);
  if (metric.classes > kMostClassesOfAMatrix)
    metric.refuse(fmt::format("at most {} classes", kMostClassesOfAMatrix), std::to_string(metric.classes),
                  "average = \"none\" of precision and recall gives a number a class.");
}

void check_curve(Metric& metric) {
  check_scores(metric);
  require_class_count(metric);
  check_floating(metric, metric.values[0], "floating-point scores");
}

std::vector<std::string> one_a_class(const Metric& metric) {
  std::vector<std::string> names;
  if (metric.options.text("average") != "none") return names;
  for (std::int64_t i = 0; i < metric.classes; ++i) names.push_back(std::to_string(i));
  return names;
}

std::vector<std::string> one_a_pair(const Metric& metric) {
  std::vector<std::string> names;
  for (std::int64_t label = 0; label < metric.classes; ++label)
    for (std::int64_t said = 0; said < metric.classes; ++said)
      names.push_back(fmt::format("{},{}", label, said));
  return names;
}

MetricKind counted(std::string name, std::string doc) {
  return {.name = std::move(name),
          .doc = std::move(doc),
          .inputs = {"scores", "labels"},
          .attributes = options_of_counts(),
          .larger_is_better = true,
          .check = check_counts,
          .parts = one_a_class};
}

MetricKind confusion_matrix() {
  return {
      .name = "confusion_matrix",
      .doc = "How many samples of each label were taken for each class: name[label,class].",
      .inputs = {"scores", "labels"},
      .attributes = {threshold(),
                     num_classes(),
                     {.name = "normalize",
                      .type = AttributeType::text,
                      .doc = "shares instead of counts: of each label's, of each class's, or of all samples",
                      .value = "none",
                      .choices = {"none", "true", "pred", "all"}},
                     ignored_label()},
      .larger_is_better = true,
      .at_end = true,
      .check = check_matrix,
      .parts = one_a_pair};
}

MetricKind auroc() {
  return {.name = "auroc",
          .doc = "Area under the ROC curve, of each class against all others.",
          .inputs = {"scores", "labels"},
          .attributes = {num_classes(), average("macro", {"macro", "weighted", "none"}), ignored_label()},
          .larger_is_better = true,
          .at_end = true,
          .check = check_curve,
          .parts = one_a_class};
}

}  // namespace

std::vector<MetricKind> class_metrics() {
  return {counted("accuracy", "Share of the labels that have the largest score."),
          counted("precision", "Share of a class's predictions that are right."),
          counted("recall", "Share of a class's samples that are found."),
          counted("f1_score", "Harmonic mean of precision and recall."),
          confusion_matrix(),
          auroc()};
}

}  // namespace orrery
