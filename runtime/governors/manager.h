#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/governors/data_source.h"
#include "runtime/governors/metric.h"
#include "runtime/governors/optimizer.h"
#include "runtime/governors/optimizer_turns.h"
#include "runtime/governors/saver.h"
#include "runtime/governors/schedule.h"

namespace orrery {

/// The options of a manager that are plain values: epochs, device, threads, seed, profile, name, monitor…
const std::vector<Attribute>& manager_attributes();

/// The name behind a monitor such as `log:reward`, a number of `manager:log`; nothing for a number of the
/// run's own.
std::optional<std::string> logged_monitor(const std::string& monitor);
/// The dtype that a precision gives the whole graph: of `64-true`, `bf16-true`, `16-true`. Nothing for
/// others.
std::optional<DType> true_dtype(const std::string& precision);
/// The precision that computes all in a floating dtype: `64-true` of float64.
std::string true_precision(DType dtype);

/// Seconds of a time as HH:MM:SS or DD:HH:MM:SS; the first part may be any number. Nothing for another text,
/// and for 0.
std::optional<std::int64_t> seconds_of_time(const std::string& time);

/// Options of a manager that come as a table of their own: `early_stopping = { patience = 3 }`. `true` stands
/// for a table without entries; without it nothing of the kind is done.
struct ManagerGroup {
  std::string name;
  std::string doc;
  std::vector<Attribute> attributes;
};

/// early_stopping, ema, swa, checkpoint, log_gradients, log_weights, gradient_noise; in that order.
const std::vector<ManagerGroup>& manager_groups();

/// Names that no metric may have, since results hold other numbers under them: loss, samples, seconds.
const std::vector<std::string>& reserved_metric_names();

/// A schedule that a run steps.
struct ScheduleUse {
  std::shared_ptr<Schedule> schedule;
  Attributes options;  ///< as schedule_use_attributes()
};

/// When a run steps a schedule: interval, frequency, monitor, as Lightning's lr_scheduler_config.
const std::vector<Attribute>& schedule_use_attributes();

/// Specification of a training run; executed by runtime/engine/training.
class Manager : public Governor {
 public:
  struct Parts {
    std::shared_ptr<DataSource> train;     ///< what feeds the graph's input
    std::shared_ptr<DataSource> validate;  ///< may be null
    std::vector<std::shared_ptr<Optimizer>> optimizers;
    std::vector<Metric> metrics;
    std::vector<std::shared_ptr<Saver>> savers;
    std::vector<ScheduleUse> schedules = {};
    /// Of each optimizer, 0 for one without; empty: none has one.
    std::vector<std::int64_t> frequencies = {};
    /// A callback is told between the backward pass and the update, and sees all gradients.
    bool looks_before_update = false;
  };

  /// The tables that were given, by name, complete.
  using Groups = std::map<std::string, Attributes>;

  /// With `fast_dev_run` it is the specification of a run that leaves nothing behind.
  Manager(Parts parts, Attributes options, Origin origin, Groups groups = {});

  std::string kind() const override { return "Manager"; }
  /// Converts the graph, where the precision asks for it. Throws a `CheckError` for a node that does not fit.
  void prepare(Graph& graph) const override;
  const Parts& parts() const { return parts_; }
  const OptimizerTurns& turns() const { return turns_; }
  const Attributes& options() const { return options_; }
  /// One of manager_groups(); null when it was not given.
  const Attributes* group(const std::string& name) const;

  /// The run that goes on from a checkpoint has begun: those after it begin by themselves.
  void forget_resume() { options_.set("resume", {}); }

  /// Asks the run that is going on to give all states their first values before its next step.
  void reset_states() { ++state_resets_; }
  /// How often that was asked.
  std::int64_t state_resets() const { return state_resets_; }

  /// Asks the run that is going on to end after its step, with this as the reason. Its epoch is validated and
  /// reported.
  void ask_to_stop(std::string reason) {
    stop_reason_ = std::move(reason);
    ++stops_asked_;
  }
  /// How often that was asked, and why the last time.
  std::int64_t stops_asked() const { return stops_asked_; }
  const std::string& stop_reason() const { return stop_reason_; }

 private:
  void try_out();

  Parts parts_;
  Attributes options_;
  Groups groups_;
  OptimizerTurns turns_;
  std::int64_t state_resets_ = 0;
  std::int64_t stops_asked_ = 0;
  std::string stop_reason_;
};

}  // namespace orrery
