#include <algorithm>

#include <fmt/format.h>

#include "runtime/governors/schedule_forms.h"

namespace orrery {
namespace {

using Schedules = std::vector<std::shared_ptr<Schedule>>;

void check_parts(const ScheduleKind& kind, const Optimizer* optimizer, const Schedules& schedules) {
  for (size_t i = 0; i < schedules.size(); ++i) {
    check(!schedules[i]->watches(), Fault::usage,
          "{} cannot hold {} (entry {}), which is stepped with a number", kind.name, schedules[i]->kind(),
          i + 1);
    check(schedules[i]->optimizer().get() == optimizer, Fault::usage,
          "{} holds schedules of one optimizer, and {} (entry {}) is of another", kind.name,
          schedules[i]->kind(), i + 1);
  }
}

/// Schedules inside a schedule: their states are kept under their numbers.
class CompoundSchedule : public Schedule {
 public:
  CompoundSchedule(const ScheduleKind& kind, std::shared_ptr<Optimizer> optimizer, Schedules schedules,
                   const Attributes& options, Origin origin)
      : Schedule(kind, std::move(optimizer), options, std::move(origin)), schedules_(std::move(schedules)) {}

  std::vector<Number> state() const override {
    std::vector<Number> state = Schedule::state();
    for (size_t i = 0; i < schedules_.size(); ++i)
      for (const Number& number : schedules_[i]->state())
        state.push_back({fmt::format("{}.{}", i, number.name), number.value});
    return state;
  }
  const Schedules& parts() const override { return schedules_; }

 protected:
  void take_state(std::vector<Number>& state) override {
    Schedule::take_state(state);
    for (size_t i = 0; i < schedules_.size(); ++i) {
      const std::string prefix = fmt::format("{}.", i);
      std::vector<Number> own;
      for (const Number& number : state)
        if (number.name.starts_with(prefix)) own.push_back({number.name.substr(prefix.size()), number.value});
      std::erase_if(state, [&](const Number& number) { return number.name.starts_with(prefix); });
      schedules_[i]->load_state(own);
    }
  }

  const Schedules schedules_;
};

class ChainedSchedule : public CompoundSchedule {
 public:
  using CompoundSchedule::CompoundSchedule;

  void step() override {
    ++last_epoch_;
    for (const auto& schedule : schedules_) schedule->step();
    note_rates();
  }
};

class SequentialSchedule : public CompoundSchedule {
 public:
  using CompoundSchedule::CompoundSchedule;

  // All of them were made, each as the first: only the first shall have begun.
  void begin() {
    for (size_t group = 0; group < groups(); ++group)
      set_rate(group, *optimizer()->groups()[group].initial_lr);
    for (size_t i = 0; i < schedules_.size(); ++i) part(i).rewind();
    part(0).begin();
    note_rates();
  }

  void step() override {
    const auto& milestones = options().integers("milestones");
    ++last_epoch_;
    const auto passed = std::upper_bound(milestones.begin(), milestones.end(), last_epoch_);
    const auto current = static_cast<size_t>(passed - milestones.begin());
    if (current > 0 && milestones[current - 1] == last_epoch_)
      part(current).restart();
    else
      part(current).step();
    note_rates();
  }

 private:
  RateSchedule& part(size_t i) const { return static_cast<RateSchedule&>(*schedules_[i]); }
};

}  // namespace

std::vector<ScheduleKind> compound_schedules() {
  return {{.name = "ChainedScheduler",
           .doc = "Several schedules at once, one after the other at each step.",
           .attributes = {},
           .form = ScheduleKind::Form::chain,
           .part = "schedulers",
           .part_required = true},
          {.name = "SequentialLR",
           .doc = "Several schedules in turn, each from its milestone on: a warm-up and what follows it.",
           .attributes = {{.name = "milestones",
                           .type = AttributeType::integers,
                           .doc = "steps at which the second and further ones begin",
                           .required = true,
                           .min = 0}},
           .form = ScheduleKind::Form::sequence,
           .part = "schedulers",
           .part_required = true}};
}

std::shared_ptr<Schedule> make_chain(const ScheduleKind& kind, ScheduleParts parts, const Attributes& options,
                                     const Origin& origin) {
  const auto optimizer = parts.optimizer ? parts.optimizer : parts.schedules.front()->optimizer();
  check_parts(kind, optimizer.get(), parts.schedules);
  return std::make_shared<ChainedSchedule>(kind, optimizer, std::move(parts.schedules), options, origin);
}

std::shared_ptr<Schedule> make_sequence(const ScheduleKind& kind, ScheduleParts parts,
                                        const Attributes& options, const Origin& origin) {
  check_parts(kind, parts.optimizer.get(), parts.schedules);
  const auto& milestones = options.integers("milestones");
  check(milestones.size() + 1 == parts.schedules.size(), Fault::usage,
        "SequentialLR expects one milestone less than schedules, got {} and {}", milestones.size(),
        parts.schedules.size());
  check(std::ranges::is_sorted(milestones), Fault::usage, "SequentialLR: milestones must rise, got {}",
        str(options.at("milestones")));
  for (const auto& schedule : parts.schedules)
    check(schedule->description().form == ScheduleKind::Form::rates, Fault::usage,
          "SequentialLR cannot begin a {} anew; a ChainedScheduler may hold a SequentialLR",
          schedule->kind());
  auto made = std::make_shared<SequentialSchedule>(kind, std::move(parts.optimizer),
                                                   std::move(parts.schedules), options, origin);
  made->begin();
  return made;
}

}  // namespace orrery
