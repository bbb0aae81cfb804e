#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/governors/optimizer.h"

namespace orrery {

/// A function of the script: which group, and the number of steps (or of the cycle).
using ScheduleFunction = std::function<double(size_t group, double x)>;

/// What the learning rate of one group is computed from.
struct ScheduleMoment {
  const Attributes& options;
  const ScheduleFunction& function;  ///< empty where none was given
  size_t group;
  std::int64_t step;  ///< PyTorch's last_epoch: 0 at the beginning
  bool initial;       ///< the schedule is being made, or made to begin anew
  double base;        ///< the rate that the schedule begins with
  double rate;        ///< the rate as it is

  /// An option that is one number, or one for each group.
  double of_group(const char* option) const;
};

/// A kind of learning-rate schedule: PyTorch's name, options and defaults (torch.optim.lr_scheduler, 2.11).
struct ScheduleKind {
  /// One rate after the other; one that falls when a number stops falling; several at once; several in turn.
  enum class Form { rates, plateau, chain, sequence };

  std::string name;  ///< `StepLR`
  std::string doc;
  std::vector<Attribute> attributes;
  Form form = Form::rates;
  /// The argument beside the options: a function (or one for each group), or a list of schedules; empty:
  /// none.
  std::string part = {};
  bool part_required = false;
  double (*rate)(const ScheduleMoment& moment) = nullptr;      ///< of `rates`
  double (*momentum)(const ScheduleMoment& moment) = nullptr;  ///< with `cycle_momentum`; null: never changed
  /// The rate to begin with; null: the optimizer's own.
  double (*base)(const Attributes& options, size_t group) = nullptr;
  bool replaces_initial = false;  ///< schedules that are made later begin with that rate, too
  /// Begins anew in a SequentialLR at its base, whatever the rate was before.
  bool restarts_at_base = false;
  /// What is wrong between options; empty: nothing. May be null.
  std::string (*conflict)(const Attributes& options) = nullptr;
};

/// Those of torch.optim.lr_scheduler.
const std::vector<ScheduleKind>& schedule_kinds();
/// Fails with the nearest known name.
const ScheduleKind& schedule_kind(const std::string& name);

class Schedule;

/// What a schedule is made of beside its options.
struct ScheduleParts {
  std::shared_ptr<Optimizer> optimizer;  ///< may be null for a chain: that of its schedules
  ScheduleFunction function = {};
  std::vector<std::shared_ptr<Schedule>> schedules = {};
};

/// Changes the learning rates of an optimizer, and its momenta where it cycles them, step by step: whoever
/// trains calls `step` after each epoch, or after each update. Made, it has set the rates of the first. It
/// needs no engine. One thread.
class Schedule : public Governor {
 public:
  /// A number of what a schedule has to remember: `last_epoch`, `base_lrs.0`.
  struct Number {
    std::string name;
    double value;
    bool operator==(const Number&) const = default;
  };

  static std::shared_ptr<Schedule> make(const ScheduleKind& kind, ScheduleParts parts, Attributes options,
                                        Origin origin);

  std::string kind() const override { return kind_.name; }
  const ScheduleKind& description() const { return kind_; }
  const std::shared_ptr<Optimizer>& optimizer() const { return optimizer_; }
  const Attributes& options() const { return options_; }

  /// True for one that is stepped with a number that it watches.
  bool watches() const { return kind_.form == ScheduleKind::Form::plateau; }
  /// Goes on to the next rates. Fails (Fault::usage) for one that watches a number.
  virtual void step();
  /// The same with the number. Fails (Fault::usage) for one that watches none.
  virtual void step(double watched);

  /// Steps since the beginning.
  std::int64_t last_epoch() const { return last_epoch_; }
  /// The learning rate of each group that was set last.
  const std::vector<double>& last_rates() const { return last_rates_; }

  /// All that it remembers; what it computes from anew is in the options. With the optimizer's options it
  /// makes a schedule go on as if it had never stopped.
  virtual std::vector<Number> state() const;
  /// Takes up a state that `state` gave, and sets the optimizer's learning rates to it. Throws
  /// `Error(Fault::input_file)` when a number is missing or unknown.
  void load_state(const std::vector<Number>& state);

  /// The schedules that it is made of; none for one that computes rates itself.
  virtual const std::vector<std::shared_ptr<Schedule>>& parts() const;
  /// Does a function of the script tell its rates, or scale them?
  virtual bool has_function() const { return false; }

 protected:
  Schedule(const ScheduleKind& kind, std::shared_ptr<Optimizer> optimizer, Attributes options, Origin origin);

  /// Takes the numbers that it knows out of the list.
  virtual void take_state(std::vector<Number>& state);
  /// Takes one number out of the list; throws when it is missing.
  static double taken(std::vector<Number>& state, const std::string& name);
  static void add(std::vector<Number>& state, const std::string& name, const std::vector<double>& values);
  static void take(std::vector<Number>& state, const std::string& name, std::vector<double>& values);

  size_t groups() const { return optimizer_->groups().size(); }
  double rate(size_t group) const { return optimizer_->groups()[group].options.real("lr"); }
  void set_rate(size_t group, double rate) { optimizer_->set_option(group, "lr", rate); }
  void note_rates();

  std::int64_t last_epoch_ = 0;

 private:
  const ScheduleKind& kind_;
  std::shared_ptr<Optimizer> optimizer_;
  Attributes options_;
  std::vector<double> last_rates_;
};

}  // namespace orrery
