#include "runtime/governors/metric.h"

#include <algorithm>

#include <fmt/ranges.h>

namespace orrery {
namespace {

void check_count(const Metric& metric) {
  const auto& inputs = metric.kind->inputs;
  const size_t count = metric.values.size();
  if (metric.kind->variadic ? count > 0 : count == inputs.size()) return;
  metric.refuse(metric.kind->variadic ? "values"
                : inputs.size() == 1  ? "a " + inputs.front()
                                      : fmt::format("{}", fmt::join(inputs, " and ")),
                fmt::format("{} value{}", count, count == 1 ? "" : "s"));
}

}  // namespace

bool Metric::larger_is_better() const {
  const auto given = [](const auto& entry) { return entry.name == "mode"; };
  const bool chosen = std::ranges::any_of(options.entries(), given);
  return chosen ? options.text("mode") == "max" : kind->larger_is_better;
}

std::vector<std::string> Metric::number_names(const std::string& as) const {
  std::vector<std::string> names;
  if (kind->parts)
    for (const std::string& part : kind->parts(*this)) names.push_back(fmt::format("{}[{}]", as, part));
  if (names.empty()) names.push_back(as);
  return names;
}

void Metric::refuse(const std::string& expected, const std::string& got, std::string remedy) const {
  throw CheckError({{.code = "metric-mismatch",
                     .site = origin.site,
                     .path = name,
                     .message = fmt::format("metric '{}' expects {}, got {}", name, expected, got),
                     .expected = expected,
                     .got = got,
                     .remedy = std::move(remedy)}});
}

Metric make_metric(const MetricKind& kind, std::string name, std::vector<Value> values, Origin origin,
                   const std::vector<Attributes::Entry>& options) {
  Metric metric{&kind, std::move(name), std::move(values), checked_attributes(kind.attributes, options),
                std::move(origin)};
  for (const Value& value : metric.values)
    if (!value) metric.refuse("values of a graph", "nothing");
  for (const Value& value : metric.values)
    if (&value.node->graph() != &metric.values[0].node->graph())
      metric.refuse("values of one graph", "values of two");
  check_count(metric);
  if (kind.check) kind.check(metric);
  return metric;
}

Metric valueless_metric(const std::string& kind, std::string name) {
  const MetricKind& described = metric_kind(kind);
  return {&described, std::move(name), {}, Attributes(described.attributes), {}};
}

}  // namespace orrery
