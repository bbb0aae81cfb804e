#pragma once

#include <memory>

#include "runtime/governors/schedule.h"

namespace orrery {

// What makes the forms of schedules (Schedule::make).

std::shared_ptr<Schedule> make_rates(const ScheduleKind& kind, ScheduleParts parts, const Attributes& options,
                                     const Origin& origin);
std::shared_ptr<Schedule> make_plateau(const ScheduleKind& kind, ScheduleParts parts,
                                       const Attributes& options, const Origin& origin);
std::shared_ptr<Schedule> make_chain(const ScheduleKind& kind, ScheduleParts parts, const Attributes& options,
                                     const Origin& origin);
std::shared_ptr<Schedule> make_sequence(const ScheduleKind& kind, ScheduleParts parts,
                                        const Attributes& options, const Origin& origin);

/// A schedule whose kind computes one rate after the other.
class RateSchedule : public Schedule {
 public:
  RateSchedule(const ScheduleKind& kind, ScheduleParts parts, Attributes options, Origin origin);

  void step() override { advance(false); }
  std::vector<Number> state() const override;
  bool has_function() const override { return static_cast<bool>(function_); }

  /// Goes back to before the beginning: a SequentialLR decides when it begins.
  void rewind() { --last_epoch_; }
  /// Begins after `rewind`.
  void begin() { advance(true); }
  /// Begins where another schedule ended.
  void restart();

 protected:
  void take_state(std::vector<Number>& state) override;

 private:
  void advance(bool initial);
  void set_rates(bool initial);
  bool cycles_momentum() const;
  void set_momentum(size_t group, double momentum);

  ScheduleFunction function_;
  std::vector<double> bases_;  ///< of each group
};

// The kinds, and options that several have.

/// Steps that a schedule before this one took.
Attribute last_epoch();
/// A required integer of at least 1.
Attribute required_whole(std::string name, std::string doc);

/// Step, multi-step, constant, linear, exponential, polynomial, and those of a function.
std::vector<ScheduleKind> plain_schedules();
/// Cosine, cosine with restarts, one cycle, cyclic.
std::vector<ScheduleKind> cyclic_schedules();
ScheduleKind plateau_schedule();
/// ChainedScheduler, SequentialLR.
std::vector<ScheduleKind> compound_schedules();

}  // namespace orrery
