#include "runtime/governors/metric_kinds.h"
#include "runtime/governors/optimizer_kinds.h"

namespace orrery {
namespace {

void check_mean(Metric& metric) { check_floating(metric, metric.values[0], "a floating-point value"); }

void check_pair(Metric& metric) {
  for (const Value& value : metric.values) check_floating(metric, value, "floating-point values");
  check_same_shape(metric);
}

void check_outputs(Metric& metric) {
  check_pair(metric);
  const Shape& shape = metric.values[0].shape();
  if (shape.size() != 1 && shape.size() != 2)
    metric.refuse("values of shape (N) or (N, outputs)", str(shape));
}

// The classes come last, as in torchmetrics.
void check_perplexity(Metric& metric) {
  const Value &scores = metric.values[0], &labels = metric.values[1];
  check_floating(metric, scores, "floating-point scores");
  check_label_type(metric, labels);
  if (scores.shape().size() < 2)
    metric.refuse("scores of shape (N, classes) or (N, …, classes)", str(scores.shape()));
  Shape wanted = scores.shape();
  wanted.pop_back();
  if (!may_equal(wanted, labels.shape()))
    metric.refuse("labels of shape " + str(wanted), str(labels.shape()),
                  "The classes are the last dimension.");
}

MetricKind error(std::string name, std::string doc, std::vector<Attribute> attributes = {}) {
  return {.name = std::move(name),
          .doc = std::move(doc),
          .inputs = {"predictions", "targets"},
          .attributes = std::move(attributes),
          .check = check_pair};
}

MetricKind r2_score() {
  return {.name = "r2_score",
          .doc = "Coefficient of determination: the share of the targets' variance that is explained.",
          .inputs = {"predictions", "targets"},
          .attributes = {{.name = "multioutput",
                          .type = AttributeType::text,
                          .doc = "of several outputs: the mean of their scores, plain or by their variances",
                          .value = "uniform_average",
                          .choices = {"uniform_average", "variance_weighted"}}},
          .larger_is_better = true,
          .check = check_outputs};
}

}  // namespace

std::vector<MetricKind> number_metrics() {
  return {{.name = "mean", .doc = "Mean of a value over samples.", .inputs = {"value"}, .check = check_mean},
          error("mean_squared_error", "Mean of the squared differences, or its root.",
                {switch_option("squared", true, "false: the root of it (RMSE)")}),
          error("mean_absolute_error", "Mean of the absolute differences."),
          r2_score(),
          {.name = "perplexity",
           .doc = "e to the mean negative log-likelihood of the labels; scores are logits.",
           .inputs = {"scores", "labels"},
           .attributes = {ignored_label()},
           .check = check_perplexity}};
}

}  // namespace orrery
