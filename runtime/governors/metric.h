#pragma once

#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace orrery {

/// A number that is followed while training: per epoch the mean over samples.
/// `accuracy` takes scores (N, classes, …) and labels (N, …) and counts where the largest score is the
/// label; `mean` takes one floating value and averages it.
struct Metric {
  enum class Kind { accuracy, mean } kind = Kind::mean;
  std::string name;
  std::vector<Value> values;
  Origin origin;
};

/// Checks number, shapes and dtypes of the values; throws a `CheckError`.
Metric make_metric(Metric::Kind kind, std::string name, std::vector<Value> values, Origin origin);

}  // namespace orrery
