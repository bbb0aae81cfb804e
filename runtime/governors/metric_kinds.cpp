#include "runtime/governors/metric_kinds.h"

#include <fmt/ranges.h>

#include "runtime/core/names.h"

namespace orrery {
namespace {

// What a function of the script makes of values.
MetricKind defined_metric() {
  return {.name = "define",
          .doc = "A number that a function of the script computes from the tensors of each batch.",
          .inputs = {"values"},
          .attributes = {{.name = "mode",
                          .type = AttributeType::text,
                          .doc = "whether the number gets better as it falls or as it rises",
                          .value = "min",
                          .choices = {"min", "max"}}},
          .variadic = true};
}

std::vector<MetricKind> all_metrics() {
  std::vector<MetricKind> kinds = class_metrics();
  for (const auto& more : {number_metrics(), image_metrics(), std::vector{defined_metric()}})
    kinds.insert(kinds.end(), more.begin(), more.end());
  return kinds;
}

}  // namespace

const std::vector<MetricKind>& metric_kinds() {
  static const std::vector<MetricKind> kinds = all_metrics();
  return kinds;
}

const MetricKind& metric_kind(const std::string& name) {
  std::vector<std::string> names;
  for (const MetricKind& kind : metric_kinds()) {
    if (kind.name == name) return kind;
    names.push_back(kind.name);
  }
  throw Error(Fault::usage, fmt::format("there is no metric '{}'{}", name, did_you_mean(name, names)), {},
              fmt::format("There are {}.", fmt::join(names, ", ")));
}

Attribute ignored_label() {
  return {.name = "ignore_index", .doc = "a label whose samples do not count; none: all count"};
}

void check_label_type(const Metric& metric, const Value& labels) {
  if (!is_integral(labels.dtype()))
    metric.refuse("integer class labels", std::string(name(labels.dtype())),
                  "The scores come first, then the labels.");
}

void check_floating(const Metric& metric, const Value& value, const std::string& what) {
  if (!is_floating(value.dtype()))
    metric.refuse(what, std::string(name(value.dtype())), "Convert it first: x:to(\"float32\").");
}

bool may_equal(const Shape& one, const Shape& other) {
  if (one.size() != other.size()) return false;
  for (size_t i = 0; i < one.size(); ++i)
    if (equal(one[i], other[i]) == Known::no) return false;
  return true;
}

void check_same_shape(const Metric& metric) {
  const Shape &first = metric.values[0].shape(), &second = metric.values[1].shape();
  if (may_equal(first, second)) return;
  const auto& inputs = metric.kind->inputs;
  metric.refuse(fmt::format("{} and {} of one shape", inputs[0], inputs[1]),
                fmt::format("{} and {}", str(first), str(second)));
}

}  // namespace orrery
