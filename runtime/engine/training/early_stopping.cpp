#include "runtime/engine/training/early_stopping.h"

#include <cmath>

#include <fmt/format.h>

namespace orrery {
namespace {

std::optional<double> given_threshold(const Attributes& options, const std::string& name) {
  return options.has(name) ? std::optional(options.real(name)) : std::nullopt;
}

}  // namespace

EarlyStopping::EarlyStopping(Monitored monitored, const Attributes& options)
    : monitored_(std::move(monitored)),
      patience_(options.integer("patience")),
      min_delta_(options.real("min_delta")),
      check_finite_(options.boolean("check_finite")),
      stopping_threshold_(given_threshold(options, "stopping_threshold")),
      divergence_threshold_(given_threshold(options, "divergence_threshold")) {}

std::string EarlyStopping::past_threshold(double value) const {
  if (stopping_threshold_ &&
      (value == *stopping_threshold_ || monitored_.better(value, *stopping_threshold_)))
    return fmt::format("{}, {:.6g}, has reached stopping_threshold, {:.6g}", monitored_.name(), value,
                       *stopping_threshold_);
  if (divergence_threshold_ && monitored_.better(*divergence_threshold_, value) && !std::isnan(value))
    return fmt::format("{}, {:.6g}, is worse than divergence_threshold, {:.6g}", monitored_.name(), value,
                       *divergence_threshold_);
  return {};
}

std::string EarlyStopping::see(const EpochReport& report) {
  const std::optional<double> value = monitored_.value(report);
  if (!value) return {};
  if (check_finite_ && !std::isfinite(*value))
    return fmt::format("{} became {}", monitored_.name(), std::isnan(*value) ? "NaN" : "infinite");
  if (std::string past = past_threshold(*value); !past.empty()) return past;
  const double step = monitored_.direction() == Monitored::Direction::larger ? min_delta_ : -min_delta_;
  if (monitored_.better(*value, best_ + step)) {
    best_ = *value;
    waited_ = 0;
    return {};
  }
  if (++waited_ < patience_) return {};
  return fmt::format("{} has not become better than {:.6g} in {} validation{}", monitored_.name(), best_,
                     waited_, waited_ == 1 ? "" : "s");
}

void EarlyStopping::save(Checkpoint& to) const {
  to.numbers["early_stopping.best"] = best_;
  to.numbers["early_stopping.waited"] = static_cast<double>(waited_);
}

void EarlyStopping::load(const Checkpoint& from) {
  if (!from.numbers.contains("early_stopping.best")) return;  // it was not asked for then
  best_ = from.number("early_stopping.best");
  waited_ = from.count("early_stopping.waited");
}

}  // namespace orrery
