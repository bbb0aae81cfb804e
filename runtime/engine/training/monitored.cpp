#include "runtime/engine/training/monitored.h"

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

Monitored::Monitored(const RunTargets& targets, const std::string& monitor, bool with_validation,
                     std::optional<Direction> direction)
    : validation_(with_validation) {
  if (targets.followed.empty()) return;
  place_ = place_of(targets, monitor);
  const RunTargets::Followed& followed = targets.followed[place_];
  name_ = (validation_ ? "val_" : "") + followed.name;
  const bool larger = followed.kind == Metric::Kind::accuracy;
  direction_ = direction.value_or(larger ? Direction::larger : Direction::smaller);
}

Monitored Monitored::of(const RunTargets& targets, const Manager& manager, const Attributes& options,
                        bool with_validation) {
  // The manager's mode is about the manager's number.
  const Attributes& named = options.has("monitor") ? options : manager.options();
  const Attributes& directed = options.has("mode") ? options : named;
  std::optional<Direction> direction;
  if (directed.has("mode"))
    direction = directed.text("mode") == "max" ? Direction::larger : Direction::smaller;
  return Monitored(targets, named.has("monitor") ? named.text("monitor") : "", with_validation, direction);
}

std::optional<double> Monitored::value(const EpochReport& report) const {
  const auto& numbers = validation_ ? report.validation : report.train;
  if (name_.empty() || place_ >= numbers.size()) return std::nullopt;
  return numbers[place_].value;
}

bool Monitored::better(double value, double than) const {
  if (std::isnan(value) || std::isnan(than)) return !std::isnan(value);
  return direction_ == Direction::larger ? value > than : value < than;
}

}  // namespace orrery
