#include "runtime/governors/metric.h"

#include <fmt/format.h>

namespace orrery {
namespace {

[[noreturn]] void refuse(const std::string& metric, const Origin& origin, std::string expected,
                         std::string got, std::string remedy = {}) {
  throw CheckError({{.code = "metric-mismatch",
                     .site = origin.site,
                     .path = metric,
                     .message = fmt::format("metric '{}' expects {}, got {}", metric, expected, got),
                     .expected = expected,
                     .got = got,
                     .remedy = std::move(remedy)}});
}

void check_accuracy(const std::string& name, const std::vector<Value>& values, const Origin& origin) {
  if (values.size() != 2)
    refuse(name, origin, "scores and labels",
           fmt::format("{} value{}", values.size(), values.size() == 1 ? "" : "s"));
  const Value &scores = values[0], &labels = values[1];
  if (scores.shape().size() < 2)
    refuse(name, origin, "scores of shape (N, classes) or (N, classes, …)", str(scores.shape()),
           "The scores come first, then the labels.");
  if (!is_integral(labels.dtype()))
    refuse(name, origin, "integer class labels", std::string(orrery::name(labels.dtype())),
           "The scores come first, then the labels.");
  Shape wanted = scores.shape();
  wanted.erase(wanted.begin() + 1);
  bool fits = wanted.size() == labels.shape().size();
  for (size_t i = 0; fits && i < wanted.size(); ++i) fits = equal(wanted[i], labels.shape()[i]) != Known::no;
  if (!fits) refuse(name, origin, "labels of shape " + str(wanted), str(labels.shape()));
}

void check_mean(const std::string& name, const std::vector<Value>& values, const Origin& origin) {
  if (values.size() != 1) refuse(name, origin, "one value", std::to_string(values.size()));
  if (!is_floating(values[0].dtype()))
    refuse(name, origin, "a floating-point value", std::string(orrery::name(values[0].dtype())),
           "Convert it first: x:to(\"float32\").");
}

}  // namespace

Metric make_metric(Metric::Kind kind, std::string name, std::vector<Value> values, Origin origin) {
  for (const Value& value : values)
    if (!value) refuse(name, origin, "values of a graph", "nothing");
  for (const Value& value : values)
    if (&value.node->graph() != &values[0].node->graph())
      refuse(name, origin, "values of one graph", "values of two");
  if (kind == Metric::Kind::accuracy) check_accuracy(name, values, origin);
  if (kind == Metric::Kind::mean) check_mean(name, values, origin);
  return {kind, std::move(name), std::move(values), std::move(origin)};
}

}  // namespace orrery
