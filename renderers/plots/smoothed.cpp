#include "renderers/plots/smoothed.h"

#include <cmath>

namespace orrery::plots {

std::vector<double> smoothed(const std::vector<double>& values, double span) {
  const double keeps = 1 - 2 / (span + 1);
  std::vector<double> result = values;
  double average = 0, weight = 0;
  for (double& value : result) {
    if (!std::isfinite(value)) continue;
    average = keeps * average + (1 - keeps) * value;
    weight = keeps * weight + (1 - keeps);
    value = average / weight;
  }
  return result;
}

}  // namespace orrery::plots
