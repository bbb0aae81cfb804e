#include "runtime/engine/training/best_number.h"

#include <cmath>

namespace orrery {

bool BestNumber::improved(const EpochReport& report) {
  const std::optional<double> value = monitored_.value(report);
  if (!value || std::isnan(*value)) return false;
  const bool better = !best_ || monitored_.better(*value, best_->number.value);
  if (better) best_ = {{name(), *value}, report.epoch};
  return better;
}

}  // namespace orrery
