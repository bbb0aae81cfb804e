#include "runtime/engine/training/early_stopping.h"

#include <cmath>

#include <fmt/format.h>

namespace orrery {

EarlyStopping::EarlyStopping(Monitored monitored, const Attributes& options)
    : monitored_(std::move(monitored)),
      patience_(options.integer("patience")),
      min_delta_(options.real("min_delta")),
      check_finite_(options.boolean("check_finite")) {}

std::string EarlyStopping::see(const EpochReport& report) {
  const std::optional<double> value = monitored_.value(report);
  if (!value) return {};
  if (check_finite_ && !std::isfinite(*value))
    return fmt::format("{} became {}", monitored_.name(), std::isnan(*value) ? "NaN" : "infinite");
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
