#include <algorithm>
#include <limits>

#include "runtime/governors/optimizer_kinds.h"
#include "runtime/governors/schedule_forms.h"

namespace orrery {
namespace {

class PlateauSchedule : public Schedule {
 public:
  PlateauSchedule(const ScheduleKind& kind, ScheduleParts parts, const Attributes& options, Origin origin)
      : Schedule(kind, std::move(parts.optimizer), options, std::move(origin)),
        best_(std::numeric_limits<double>::infinity()) {
    if (options.text("mode") == "max") best_ = -best_;
  }

  void step(double watched) override {
    ++last_epoch_;
    const bool better = is_better(watched);
    if (better) best_ = watched;
    bad_ = better || cooling_ > 0 ? 0 : bad_ + 1;
    if (cooling_ > 0) --cooling_;
    if (bad_ > options().integer("patience")) {
      reduce();
      cooling_ = options().integer("cooldown");
      bad_ = 0;
    }
    note_rates();
  }

  std::vector<Number> state() const override {
    std::vector<Number> state = Schedule::state();
    state.push_back({"best", best_});
    state.push_back({"num_bad_epochs", static_cast<double>(bad_)});
    state.push_back({"cooldown_counter", static_cast<double>(cooling_)});
    return state;
  }

 protected:
  void take_state(std::vector<Number>& state) override {
    Schedule::take_state(state);
    best_ = taken(state, "best");
    bad_ = static_cast<std::int64_t>(taken(state, "num_bad_epochs"));
    cooling_ = static_cast<std::int64_t>(taken(state, "cooldown_counter"));
  }

 private:
  bool is_better(double watched) const {
    const double threshold = options().real("threshold");
    const bool relative = options().text("threshold_mode") == "rel";
    if (options().text("mode") == "min")
      return watched < (relative ? best_ * (1 - threshold) : best_ - threshold);
    return watched > (relative ? best_ * (1 + threshold) : best_ + threshold);
  }

  void reduce() {
    for (size_t group = 0; group < groups(); ++group) {
      const std::vector<double>& least = options().reals("min_lr");
      const double reduced =
          std::max(rate(group) * options().real("factor"), least[least.size() == 1 ? 0 : group]);
      if (rate(group) - reduced > options().real("eps")) set_rate(group, reduced);
    }
  }

  double best_;
  std::int64_t bad_ = 0;      ///< steps since the best
  std::int64_t cooling_ = 0;  ///< steps in which none counts as bad
};

Attribute count(std::string name, std::int64_t value, std::string doc) {
  return {.name = std::move(name), .doc = std::move(doc), .value = value, .min = 0};
}

}  // namespace

ScheduleKind plateau_schedule() {
  Attribute factor = amount("factor", 0.1, "factor of the learning rate");
  factor.max = 1;
  factor.below_max = true;
  return {.name = "ReduceLROnPlateau",
          .doc = "Falls by a factor when a number that it watches no longer gets better.",
          .attributes = {{.name = "mode",
                          .type = AttributeType::text,
                          .doc = "whether the number shall fall or rise",
                          .value = "min",
                          .choices = {"min", "max"}},
                         std::move(factor),
                         count("patience", 10, "steps without a better number that are waited for"),
                         amount("threshold", 1e-4, "least change that counts as better"),
                         {.name = "threshold_mode",
                          .type = AttributeType::text,
                          .doc = "the change relative to the best number, or as it is",
                          .value = "rel",
                          .choices = {"rel", "abs"}},
                         count("cooldown", 0, "steps after a fall that are not counted"),
                         {.name = "min_lr",
                          .type = AttributeType::reals,
                          .doc = "least learning rate",
                          .value = std::vector<double>{0},
                          .min = 0,
                          .count = 0},
                         amount("eps", 1e-8, "least change of the learning rate that is made")},
          .form = ScheduleKind::Form::plateau};
}

std::shared_ptr<Schedule> make_plateau(const ScheduleKind& kind, ScheduleParts parts,
                                       const Attributes& options, const Origin& origin) {
  return std::make_shared<PlateauSchedule>(kind, std::move(parts), options, origin);
}

}  // namespace orrery
