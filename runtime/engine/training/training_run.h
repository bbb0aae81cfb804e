#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/engine/data/loader.h"
#include "runtime/engine/profile/recorder.h"
#include "runtime/engine/training/best_number.h"
#include "runtime/engine/training/loss_watch.h"
#include "runtime/engine/training/run_record.h"
#include "runtime/engine/training/save.h"
#include "runtime/engine/training/scheduled.h"
#include "runtime/engine/training/training_events.h"
#include "runtime/engine/training/training_step.h"
#include "runtime/governors/manager.h"

namespace orrery {

/// Executes a manager's specification: epochs of steps, validation after each, savers, history. Either
/// `run` does all of it, or a loop by hand takes batches with `next` and steps the optimizers itself:
///
///     while (auto batch = run.next()) {
///       auto values = run.forward(*batch);      // "loss" is one of them
///       run.step(0, values.at("loss"));
///     }
///
/// Ends as `done` in the history, a loop that was left among them; as `interrupted` when the runtime's stop
/// flag was set, which is noticed within a step and thrown as `Stopped`; as `failed` with the reason for any
/// other error, a loss that is not finite among them (Fault::diverged). Used by one thread. Runtime, graph,
/// manager and events outlive it.
class TrainingRun {
 public:
  /// Loads the data, moves the graph to its device and begins the history's row. REQUIRES: the graph is
  /// finalized and the governors' checks passed. `by_hand`: `forward` also gives the graph's outputs.
  TrainingRun(Runtime& runtime, const Graph& graph, const Manager& manager, TrainingEvents& events,
              std::optional<Recording> recording, bool by_hand = false);
  ~TrainingRun();
  TrainingRun(const TrainingRun&) = delete;
  TrainingRun& operator=(const TrainingRun&) = delete;

  const TrainingFacts& facts() const { return facts_; }

  /// All epochs.
  TrainingSummary run();

  // A loop by hand.

  /// The next batch; begins an epoch if none is open. Nothing at the end of the epoch, which is then
  /// validated, reported and written to the history.
  std::optional<Minibatch> next();
  /// The named values of a batch in training mode, recorded for `step`.
  std::vector<NamedTensor> forward(const Minibatch& batch);
  /// Updates the nth of the manager's optimizers from a loss that was computed from `forward`'s values.
  void step(size_t optimizer, const at::Tensor& loss);
  /// The same from a function that computes the loss anew, by `forward`, as often as the optimizer asks.
  /// Gives the first loss.
  at::Tensor step(size_t optimizer, const std::function<at::Tensor()>& loss);
  /// Epochs that are finished.
  std::int64_t epochs_done() const { return epochs_done_; }
  /// Ends the run: an epoch left in the middle as it is, savers, history, `on_end`. Nothing may be called
  /// afterwards.
  TrainingSummary finish();
  /// Ends a loop by hand that its script left (`break`): `done`, and the history keeps at which step. No
  /// saver writes. `failed` when the last call here failed, `interrupted` when the runtime's stop flag is
  /// set.
  void leave();
  /// The same because of an error that the loop met by itself: `failed`, or `interrupted`.
  void abandon(const std::string& reason);

 private:
  using Clock = std::chrono::steady_clock;

  void load_data();
  void describe();
  void begin_record(std::optional<Recording> recording);
  template <class Part>
  auto ending_when_stopped(Part part);
  void end(RunStatus status, const std::string& reason);
  std::string position() const;

  void settle();
  std::optional<Minibatch> next_batch();
  void begin_epoch();
  void train(const Minibatch& batch);
  std::vector<at::Tensor> forward_values(const Minibatch& batch);
  void reset_states_if_asked();
  void after_step();
  void end_epoch();
  bool validation_is_due() const;
  std::vector<NamedNumber> validate();
  void stop_if_asked() const;
  void write_profile(std::int64_t epoch);
  void save(Saver::When when);
  TrainingSummary finish_run();

  Runtime& runtime_;
  const Graph& graph_;
  const Manager& manager_;
  TrainingEvents& events_;
  Engine& engine_;
  TrainingStep step_;
  std::unique_ptr<Loader> loader_;
  std::unique_ptr<Loader> validation_;  ///< null without validation
  std::unique_ptr<Recorder> recorder_;  ///< null when the profile is off
  std::unique_ptr<LossWatch> watch_;
  FiniteWatch finite_;
  EpochNumbers numbers_;
  EpochNumbers validation_numbers_;
  std::unique_ptr<BestNumber> best_;
  std::unique_ptr<Scheduled> schedules_;
  TrainingFacts facts_;
  RunRecord record_;
  TrainingSummary summary_;
  Clock::time_point begun_;
  Clock::time_point epoch_begun_;
  Clock::time_point last_check_;
  std::int64_t resets_;  ///< of the states that the manager had asked for when the last was done
  std::int64_t epochs_done_ = 0;
  std::int64_t epoch_samples_ = 0;
  bool epoch_open_ = false;
  std::string failure_;      ///< of the last call by a loop by hand; empty if it went well
  bool handed_out_ = false;  ///< a loop by hand works on a batch
  bool ended_ = false;
};

}  // namespace orrery
