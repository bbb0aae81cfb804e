#include "runtime/ops/initialisation.h"

#include <cmath>

namespace orrery {

Init kaiming_uniform(std::int64_t fan_in) {
  const double slope = std::sqrt(5.0);
  const double gain = std::sqrt(2.0 / (1 + slope * slope));
  const double deviation = gain / std::sqrt(static_cast<double>(fan_in));
  const double bound = std::sqrt(3.0) * deviation;
  return Init::uniform(-bound, bound);
}

Init fan_in_uniform(std::int64_t fan_in) {
  const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  return Init::uniform(-bound, bound);
}

}  // namespace orrery
