#include "runtime/engine/training/monitored.h"

#include <algorithm>
#include <cmath>

#include "runtime/core/error.h"
#include "runtime/core/names.h"

namespace orrery {
namespace {

struct Place {
  size_t number = 0;  ///< among all numbers
  const RunTargets::Followed* of = nullptr;
};

// Without a name the first metric that is one number, else the first loss. Losses stand before the metrics.
Place place_of(const RunTargets& targets, const std::string& monitor) {
  size_t number = 0;
  for (size_t i = 0; i < targets.followed.size(); ++i) {
    const RunTargets::Followed& followed = targets.followed[i];
    const auto names = followed.metric.number_names(followed.name);
    const auto found = std::ranges::find(names, monitor);
    if (found != names.end()) return {number + static_cast<size_t>(found - names.begin()), &followed};
    if (monitor.empty() && i >= targets.loss_count && names.size() == 1) return {number, &followed};
    number += names.size();
  }
  invariant(monitor.empty() || monitor == "loss", "a number that nobody follows is monitored");
  return {0, &targets.followed.front()};
}

// `val_loss` → `loss`, unless a number has that very name.
std::string without_split(const RunTargets& targets, const std::string& monitor) {
  const auto names = targets.number_names();
  const bool own = std::ranges::find(names, monitor) != names.end();
  return !own && monitor.starts_with("val_") ? monitor.substr(4) : monitor;
}

}  // namespace

Monitored::Monitored(const RunTargets& targets, const std::string& monitor, bool with_validation,
                     std::optional<Direction> direction)
    : validation_(with_validation) {
  if (const auto logged = logged_monitor(monitor)) {
    name_ = *logged;
    logged_ = true;
    direction_ = direction.value_or(Direction::smaller);
    return;
  }
  if (targets.followed.empty()) return;
  const Place place = place_of(targets, without_split(targets, monitor));
  place_ = place.number;
  name_ = (validation_ ? "val_" : "") + targets.number_names()[place_];
  const bool larger = place.of->metric.larger_is_better();
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
  if (logged_) return logged_value(report);
  const auto& numbers = validation_ ? report.validation : report.train;
  if (name_.empty() || place_ >= numbers.size()) return std::nullopt;
  return numbers[place_].value;
}

std::optional<double> Monitored::logged_value(const EpochReport& report) const {
  if (validation_ && !report.validated) return std::nullopt;
  for (const Split split : {Split::validation, Split::train})
    for (const MetricRecord& mean : report.logged)
      if (mean.split == split && mean.name == name_) return mean.value;
  if (!report.whole) return std::nullopt;
  std::vector<std::string> names;
  for (const MetricRecord& mean : report.logged) names.push_back(mean.name);
  throw Error(Fault::usage,
              fmt::format("'log:{}' is monitored, and epoch {} logged no such mean{}", name_, report.epoch,
                          did_you_mean(name_, names)),
              {},
              fmt::format("Log it in each epoch, in validation_end at the latest: manager:log(\"{}\", value, "
                          "{{ on_epoch = true }}).",
                          name_));
}

bool Monitored::better(double value, double than) const {
  if (std::isnan(value) || std::isnan(than)) return !std::isnan(value);
  return direction_ == Direction::larger ? value > than : value < than;
}

}  // namespace orrery
