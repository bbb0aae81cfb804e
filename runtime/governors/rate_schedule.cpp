#include <algorithm>

#include "runtime/governors/schedule_forms.h"

namespace orrery {
namespace {

bool has_option(const OptimizerKind& kind, const std::string& name) {
  return std::ranges::any_of(kind.attributes, [&](const Attribute& each) { return each.name == name; });
}

void check_momentum(const ScheduleKind& schedule, const OptimizerKind& kind) {
  if (has_option(kind, "momentum") || has_option(kind, "betas")) return;
  throw Error(Fault::usage,
              fmt::format("{} cycles momentum or betas, and {} has neither", schedule.name, kind.name), {},
              "Leave them alone: cycle_momentum = false.");
}

}  // namespace

RateSchedule::RateSchedule(const ScheduleKind& kind, ScheduleParts parts, Attributes options, Origin origin)
    : Schedule(kind, std::move(parts.optimizer), std::move(options), std::move(origin)),
      function_(std::move(parts.function)) {
  last_epoch_ = this->options().integer("last_epoch");
  if (cycles_momentum()) check_momentum(kind, optimizer()->optimizer());
  std::vector<double> own;
  for (size_t group = 0; group < groups(); ++group) {
    if (kind.base) own.push_back(kind.base(this->options(), group));
    const auto& known = optimizer()->groups()[group].initial_lr;
    check(known || last_epoch_ < 0, Fault::usage,
          "{}: last_epoch = {} goes on with an optimizer that had a schedule, and this one had none",
          kind.name, last_epoch_);
    if (kind.base && last_epoch_ < 0) set_rate(group, own[group]);
    if (!known || (kind.replaces_initial && last_epoch_ < 0)) optimizer()->set_initial_lr(group, rate(group));
    bases_.push_back(*optimizer()->groups()[group].initial_lr);
  }
  advance(true);
  if (kind.base) bases_ = own;
}

void RateSchedule::advance(bool initial) {
  ++last_epoch_;
  set_rates(initial);
}

void RateSchedule::restart() {
  last_epoch_ = 0;
  const bool from_base = description().restarts_at_base;
  for (size_t group = 0; from_base && group < groups(); ++group) set_rate(group, bases_[group]);
  set_rates(from_base);
}

void RateSchedule::set_rates(bool initial) {
  for (size_t group = 0; group < groups(); ++group) {
    const ScheduleMoment moment{options(), function_,     group,      last_epoch_,
                                initial,   bases_[group], rate(group)};
    set_rate(group, description().rate(moment));
    if (cycles_momentum()) set_momentum(group, description().momentum(moment));
  }
  note_rates();
}

bool RateSchedule::cycles_momentum() const {
  return description().momentum && options().boolean("cycle_momentum");
}

void RateSchedule::set_momentum(size_t group, double momentum) {
  if (!has_option(optimizer()->optimizer(), "betas"))
    return optimizer()->set_option(group, "momentum", momentum);
  std::vector<double> betas = optimizer()->groups()[group].options.reals("betas");
  betas[0] = momentum;
  optimizer()->set_option(group, "betas", betas);
}

std::vector<Schedule::Number> RateSchedule::state() const {
  std::vector<Number> state = Schedule::state();
  add(state, "base_lrs", bases_);
  return state;
}

void RateSchedule::take_state(std::vector<Number>& state) {
  Schedule::take_state(state);
  take(state, "base_lrs", bases_);
  for (size_t group = 0; group < groups(); ++group) {
    optimizer()->set_initial_lr(group, bases_[group]);
    if (!cycles_momentum()) continue;
    const ScheduleMoment moment{options(), function_, group, last_epoch_, false, bases_[group], rate(group)};
    set_momentum(group, description().momentum(moment));
  }
}

std::shared_ptr<Schedule> make_rates(const ScheduleKind& kind, ScheduleParts parts, const Attributes& options,
                                     const Origin& origin) {
  return std::make_shared<RateSchedule>(kind, std::move(parts), options, origin);
}

}  // namespace orrery
