#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace orrery {

struct Metric;
class MetricState;  // of the engine

/// A metric of the host's own, such as a function of the script.
class OwnMetric {
 public:
  virtual ~OwnMetric() = default;
  /// What gathers it over the batches of an epoch.
  virtual std::shared_ptr<MetricState> state(const Metric& metric) = 0;
};

/// A kind of metric: torchmetrics' name (of its functional interface), options and defaults.
struct MetricKind {
  std::string name;  ///< `f1_score`
  std::string doc;
  std::vector<std::string> inputs;  ///< what its values are: scores, labels
  std::vector<Attribute> attributes = {};
  bool larger_is_better = false;
  bool variadic = false;  ///< takes one value or more
  bool at_end = false;    ///< is computed when an epoch is over, and not told while it goes on
  /// Checks shapes, dtypes and options, and finds out `classes` and `binary`.
  void (*check)(Metric& metric) = nullptr;
  /// What stands in brackets behind the name of each of several numbers; nothing for a single one. May be
  /// null: it is a single one.
  std::vector<std::string> (*parts)(const Metric& metric) = nullptr;
};

/// All of them, `accuracy` and `mean` first.
const std::vector<MetricKind>& metric_kinds();
/// Fails with the nearest known name.
const MetricKind& metric_kind(const std::string& name);

/// Numbers that are followed while training and computed over all samples of an epoch. Value type.
struct Metric {
  const MetricKind* kind = nullptr;
  std::string name;
  std::vector<Value> values;
  Attributes options;
  Origin origin;
  std::shared_ptr<OwnMetric> own = {};  ///< of kind `define`
  std::int64_t classes = 0;             ///< 0 where they do not count
  bool binary = false;                  ///< the scores are of one class against the other

  bool larger_is_better() const;
  /// What its numbers are called: `accuracy`, or one a class, `f1[0]`, `confusion[0,1]`. `as`: what the
  /// metric itself is called.
  std::vector<std::string> number_names(const std::string& as) const;
  /// Throws a `CheckError` in its name.
  [[noreturn]] void refuse(const std::string& expected, const std::string& got,
                           std::string remedy = {}) const;
};

/// A metric of some values. Checks their number, shapes and dtypes; throws a `CheckError`. Without options
/// all are as by default.
Metric make_metric(const MetricKind& kind, std::string name, std::vector<Value> values, Origin origin,
                   const std::vector<Attributes::Entry>& options = {});

/// A metric without values: for numbers that the engine follows by itself, such as losses.
Metric valueless_metric(const std::string& kind, std::string name);

}  // namespace orrery
