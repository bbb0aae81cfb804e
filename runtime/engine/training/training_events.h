#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/engine/training/followed.h"
#include "runtime/history/records.h"

namespace orrery {

/// What is known when a run begins.
struct TrainingFacts {
  std::string run_name;  ///< of the history; empty without one
  std::string device;    ///< `cpu`, `cuda:0`
  int threads = 1;
  std::string thread_reason;  ///< why so many: the name of a ThreadReason
  bool side_by_side = false;  ///< small branches that do not depend on each other are computed so
  std::uint64_t seed = 0;
  std::int64_t epochs = 0;
  std::int64_t steps_per_epoch = 0;
  std::int64_t samples_per_epoch = 0;
  std::int64_t validation_samples = 0;  ///< 0 without validation
  std::int64_t parameters = 0;          ///< elements, buffers not counted
  std::int64_t trainable = 0;           ///< elements
  std::string resumed_from;             ///< the checkpoint's path; empty for a run that begins
};

/// An epoch, or its validation, that begins.
struct EpochPlace {
  std::int64_t epoch = 0;  ///< from 1
  std::int64_t epochs = 0;
  std::int64_t steps = 0;  ///< batches to come
};

/// A step that begins.
struct StepPlace {
  std::int64_t epoch = 0;  ///< from 1
  std::int64_t step = 0;   ///< within the epoch, from 1
  std::int64_t steps = 0;  ///< in the epoch
};

/// The gradients that an optimizer is about to step with, not clipped yet.
struct OptimizerStep {
  size_t optimizer = 0;                  ///< which of the manager's, from 0
  const std::vector<std::string>& keys;  ///< of its parameters
  std::vector<at::Tensor>& gradients;    ///< one per key, undefined where there is none; may be replaced
};

/// A finished step.
struct StepReport {
  std::int64_t epoch = 0;  ///< from 1
  std::int64_t step = 0;   ///< within the epoch, from 1
  std::int64_t steps = 0;  ///< in the epoch
  /// The epoch's numbers so far (`values_so_far`). Reading them waits for a device: do it a few times a
  /// second, not at every step.
  const EpochNumbers& numbers;
  /// The losses of this step of training alone, under their names; empty where nobody wants them
  /// (`wants_losses_of_steps`).
  std::vector<NamedNumber> losses = {};
  std::int64_t trained = 0;  ///< of a validation: batches of its epoch that were trained on before it
};

/// A finished epoch, validation included; or one up to a validation within it.
struct EpochReport {
  std::int64_t epoch = 0;
  std::int64_t epochs = 0;
  std::int64_t steps = 0;
  std::int64_t samples = 0;
  double seconds = 0;
  std::vector<NamedNumber> train;
  std::vector<NamedNumber> validation;  ///< the last of the epoch's; empty without validation
  std::vector<MetricRecord> logged;     ///< means over the epoch that the script logged before it ended
  bool whole = true;                    ///< all its batches were trained on
  bool validated = false;               ///< also in its middle only
  bool improved = false;                ///< the monitored number's best so far is of this epoch
  std::vector<NamedNumber> statistics;  ///< of gradients and weights, where the manager asks for them
};

/// A source was tested.
struct TestReport {
  std::int64_t samples = 0;
  double seconds = 0;
  std::vector<NamedNumber> numbers;
};

/// A run that came to its end.
struct TrainingSummary {
  std::string run_name;
  std::int64_t epochs = 0;
  std::int64_t steps = 0;
  double seconds = 0;
  std::vector<NamedNumber> train;       ///< of the last epoch
  std::vector<NamedNumber> validation;  ///< of the last epoch
  struct Best {
    NamedNumber number;  ///< `val_accuracy`
    std::int64_t epoch;
  };
  std::optional<Best> best;
  std::vector<std::string> files;       ///< written by savers
  std::vector<std::string> file_kinds;  ///< of each: weights, values or image
  std::string checkpoint;               ///< the newest that this run wrote
  std::string stopped_early;            ///< why, when early stopping or a limit ended it
  std::int64_t captured_steps = 0;      ///< that were replayed as graphs of the device
  std::string uncaptured;               ///< why not all could be; empty on the CPU
};

/// Is told how a run goes, on the thread that runs it and, but for the parts of a step, outside of the
/// engine's turns. What it throws ends the run.
class TrainingEvents {
 public:
  virtual ~TrainingEvents() = default;

  virtual void on_start(const TrainingFacts&) {}
  /// A few batches of validation are tried before the first epoch; validation's own events are not told.
  virtual void on_sanity_check_start(const EpochPlace&) {}
  virtual void on_sanity_check_end(const EpochPlace&) {}
  virtual void on_epoch_start(const EpochPlace&) {}
  virtual void on_step_start(const StepPlace&) {}
  virtual void on_step(const StepReport&) {}
  /// Whether `on_step` is to be told the losses of the step: a run reads them only then, and waits for a
  /// device at each step.
  virtual bool wants_losses_of_steps() const { return false; }
  /// Whether the parts of a step are to be told: a step that is replayed as a graph of its device has none
  /// that could be, so steps are captured only where this is false.
  virtual bool wants_parts_of_steps() const { return true; }
  virtual void on_validation_start(const EpochPlace&) {}
  virtual void on_validation_step_start(const StepPlace&) {}
  virtual void on_validation_step(const StepReport&) {}
  /// With the numbers of all batches.
  virtual void on_validation_end(const StepReport&) {}
  virtual void on_epoch_end(const EpochReport&) {}
  virtual void on_end(const TrainingSummary&) {}
  /// Memory is missing: what nobody needs is to be freed. Called inside of a turn.
  virtual void release_memory() {}
  /// An error, or a stop, ends the run; told before the history has it. What it throws is a warning.
  virtual void on_exception(const std::string& /*message*/, bool /*stopped*/) {}
  virtual void on_checkpoint_saved(const std::string& /*path*/, std::int64_t /*steps*/) {}
  virtual void on_checkpoint_loaded(const std::string& /*path*/, std::int64_t /*steps*/) {}

  // The parts of a step, told within the engine's turn.

  /// The gradients of the update before are forgotten: once per update, not in a loop by hand.
  virtual void before_zero_grad() {}
  /// One loss per optimizer that has one.
  virtual void before_backward(const std::vector<at::Tensor>& /*losses*/) {}
  virtual void after_backward() {}
  /// Whether `after_backward` or `before_optimizer_step` does anything: all parameters are then as they were
  /// before the step, and all gradients are there. Else large parameters may have been updated by then. Asked
  /// when a step begins.
  virtual bool looks_before_update() const { return false; }
  /// Again at each evaluation of an optimizer that evaluates several times.
  virtual void before_optimizer_step(const OptimizerStep&) {}
  /// Of no run: the manager was asked to test.
  virtual void on_test_end(const TestReport&) {}
  /// What the listeners keep themselves, for a checkpoint, as text; and what an earlier run's kept. Called
  /// also when the run is stopped.
  virtual std::string state() { return {}; }
  virtual void load_state(const std::string&) {}
  /// A saver that processes is about to write a tensor; gives what is to be written.
  virtual at::Tensor on_save(const std::shared_ptr<Saver>&, const at::Tensor& tensor) { return tensor; }
};

}  // namespace orrery
