#include "runtime/engine/training/best_number.h"

#include <algorithm>
#include <cmath>

#include "runtime/core/error.h"

namespace orrery {
namespace {

// Losses stand before the metrics.
size_t place_of(const RunTargets& targets, const std::string& monitor) {
  const auto& followed = targets.followed;
  const auto found =
      std::find_if(followed.begin(), followed.end(), [&](const auto& one) { return one.name == monitor; });
  if (found != followed.end()) return static_cast<size_t>(found - followed.begin());
  invariant(monitor.empty() || monitor == "loss", "a number that nobody follows is monitored");
  const size_t metrics = targets.loss_count < followed.size() ? targets.loss_count : 0;
  return monitor.empty() ? metrics : 0;
}

}  // namespace

BestNumber::BestNumber(const RunTargets& targets, const std::string& monitor, bool with_validation,
                       std::optional<Direction> direction)
    : validation_(with_validation) {
  if (targets.followed.empty()) return;
  place_ = place_of(targets, monitor);
  const RunTargets::Followed& followed = targets.followed[place_];
  name_ = (validation_ ? "val_" : "") + followed.name;
  const bool larger = followed.kind == Metric::Kind::accuracy;
  direction_ = direction.value_or(larger ? Direction::larger : Direction::smaller);
}

std::optional<double> BestNumber::number(const EpochReport& report) const {
  const auto& numbers = validation_ ? report.validation : report.train;
  if (name_.empty() || place_ >= numbers.size()) return std::nullopt;
  return numbers[place_].value;
}

bool BestNumber::improved(const EpochReport& report) {
  const std::optional<double> value = number(report);
  if (!value || std::isnan(*value)) return false;
  const bool better = !best_ || (direction_ == Direction::larger ? *value > best_->number.value
                                                                 : *value < best_->number.value);
  if (better) best_ = {{name_, *value}, report.epoch};
  return better;
}

}  // namespace orrery
