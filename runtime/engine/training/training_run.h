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
#include "runtime/engine/training/checkpoint_folder.h"
#include "runtime/engine/training/early_stopping.h"
#include "runtime/engine/training/loss_watch.h"
#include "runtime/engine/training/profiled_events.h"
#include "runtime/engine/training/run_limits.h"
#include "runtime/engine/training/run_log.h"
#include "runtime/engine/training/run_record.h"
#include "runtime/engine/training/run_statistics.h"
#include "runtime/engine/training/save.h"
#include "runtime/engine/training/saved_values.h"
#include "runtime/engine/training/saver_files.h"
#include "runtime/engine/training/scheduled.h"
#include "runtime/engine/training/threads_of_run.h"
#include "runtime/engine/training/trained_input.h"
#include "runtime/engine/training/training_events.h"
#include "runtime/engine/training/training_step.h"
#include "runtime/engine/training/weight_averages.h"
#include "runtime/governors/manager.h"

namespace orrery {

/// Executes a manager's specification: epochs of steps, validation after or within them, savers, history.
/// Either `run` does all of it, or a loop by hand takes batches with `next` and steps the optimizers itself:
///
///     while (auto batch = run.next()) {
///       auto values = run.forward(*batch);      // "loss" is one of them
///       run.step(0, values.at("loss"));
///     }
///
/// Ends as `done` in the history, a loop that was left among them; as `interrupted` when the runtime's stop
/// flag was set, which is noticed after a step of training and within one of validation, and thrown as
/// `Stopped`; as `failed` with the reason for any other error, a loss that is not finite among them
/// (Fault::diverged). Used by one thread. Runtime, graph, manager, events and files outlive it.
///
/// With the manager's `checkpoint` it writes all that it is made of at the ends of epochs and steps, when it
/// is stopped, and when SIGUSR1 came; with `resume` it goes on from there: on the CPU, with the same build
/// and threads, to the very bits of a run that never stopped. A checkpoint that cannot be written is a
/// warning. A loop by hand is resumed at a batch's beginning; what the script itself keeps is the script's.
///
/// Where the manager's `threads` leaves it open, the first batch is computed with several numbers of threads
/// before the run begins, without an update (threads_of_run.h); a run that is resumed takes those it had.
class TrainingRun {
 public:
  /// Loads the data, moves the graph to its device and begins the history's row. REQUIRES: the graph is
  /// finalized and the governors' checks passed. `by_hand`: `forward` also gives the graph's outputs.
  TrainingRun(Runtime& runtime, const Graph& graph, const Manager& manager, TrainingEvents& events,
              std::optional<Recording> recording, bool by_hand = false,
              const FileSystem& files = posix_files(), const TrialMachine& machine = {});
  ~TrainingRun();
  TrainingRun(const TrainingRun&) = delete;
  TrainingRun& operator=(const TrainingRun&) = delete;

  const TrainingFacts& facts() const { return facts_; }

  /// Who records whole steps, in the place of what the device has for it; before `run`.
  void set_graphs(std::shared_ptr<DeviceGraphs> graphs) { graphs_ = {std::move(graphs), {}}; }

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
  /// No epoch is left to do.
  bool over() const {
    return !epoch_open_ &&
           (epochs_done_ >= facts_.epochs || !stopped_early_.empty() || !limits_.which().empty());
  }
  /// Ends the run: an epoch left in the middle as it is, savers, history, `on_end`. Nothing may be called
  /// afterwards.
  TrainingSummary finish();
  /// Ends a loop by hand that its script left (`break`): `done`, and the history keeps at which step. No
  /// saver writes. `failed` when the last call here failed, `interrupted` when the runtime's stop flag is
  /// set. `why` stands in the history before the step.
  void leave(const std::string& why = "the script left the loop over manager:batches()");
  /// The same because of an error that the loop met by itself: `failed`, or `interrupted`.
  void abandon(const std::string& reason);

 private:
  using Clock = std::chrono::steady_clock;
  static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  void look_for_checkpoint(const std::optional<Recording>& recording);
  void load_data();
  void follow();
  void choose_threads(bool by_hand, bool recorded);
  ThreadReason try_threads(const ThreadedRun& run, bool recorded, bool branches);
  void set_side_by_side(bool beside);
  void describe();
  void begin_record(std::optional<Recording> recording);
  template <class Part>
  auto ending_when_stopped(Part part);
  void tell_exception(const std::exception& error, bool stopped);
  void end(RunStatus status, const std::string& reason);
  std::string position() const;

  void settle();
  std::optional<Minibatch> next_batch();
  void begin_epoch();
  void prepare_graphs();
  void train(const Minibatch& batch);
  bool replay(const Minibatch& batch);
  void begin_step();
  void take_numbers(const std::vector<at::Tensor>& values, std::int64_t size);
  std::vector<at::Tensor> forward_values(const Minibatch& batch);
  void reset_states_if_asked();
  void after_update();
  void after_step();
  std::vector<NamedNumber> losses_of_step() const;
  bool at_limit() { return limits_.reached(summary_.steps, seconds_before_ + seconds_since(begun_)); }
  void end_epoch();
  void cut_epoch();
  bool validation_is_due(std::int64_t epoch) const;
  bool validated_here() const { return validated_at_ > 0 && loader_->position().batch == validated_at_; }
  bool validation_is_due_within() const;
  void validate_within_epoch();
  void follow_validation(EpochReport& report);
  std::vector<NamedNumber> validate();
  void check_sanity();
  std::int64_t evaluate_next();
  void stop_if_asked() const;
  void write_profile(std::int64_t epoch);
  void write_parts();
  void begin_profiled_step();
  void end_profile();
  void write_logged();
  TrainingSummary finish_run();

  // What a checkpoint holds: captured.cpp.
  Checkpoint captured() const;
  std::vector<NamedTensor> moving_parts() const;
  void capture_trainable(Checkpoint& to) const;
  void capture_optimizers(Checkpoint& to) const;
  void capture_schedules(Checkpoint& to) const;
  void capture_progress(Checkpoint& to) const;
  void check_model(const Checkpoint& from) const;
  void check_optimizers(const Checkpoint& from) const;
  void check_schedules(const Checkpoint& from) const;
  void restore(const Checkpoint& from);
  void restore_own_parts(const Checkpoint& from);
  void restore_governors(const Checkpoint& from);
  void restore_trainable(const Checkpoint& from) const;
  void restore_optimizers(const Checkpoint& from);
  void restore_schedules(const Checkpoint& from);
  void restore_progress(const Checkpoint& from);

  // What is written, when and where: checkpoints.cpp.
  void save(const std::function<std::string(SaverFiles&)>& write);
  void see_last_batch();
  std::vector<NamedNumber> numbers_for_names() const;
  std::string runs_folder() const;
  CheckpointSearch search() const;
  bool goes_on() const;
  bool goes_on_in(const std::string& folder) const;
  std::vector<std::string> names_of_numbers() const;
  void say_what_changed(const Checkpoint& from) const;
  void make_folder();
  void begin_folder();
  void sign(Checkpoint& checkpoint) const;
  template <class Write>
  void write_checkpoint(Write write);
  void write_last();
  void write_after_step();
  void write_after_epoch(const EpochReport& report);
  void write_when_stopped();
  void list_checkpoint();

  Runtime& runtime_;
  const Graph& graph_;
  const Manager& manager_;
  ProfiledEvents profiled_events_;
  TrainingEvents& events_;  ///< those
  Engine& engine_;
  DeterministicTurns deterministic_;
  TrainedInput input_;
  TrainingStep step_;
  std::unique_ptr<Loader> loader_;
  std::unique_ptr<Loader> validation_;  ///< null without validation
  std::unique_ptr<Recorder> recorder_;  ///< null when the profile is off
  std::int64_t parts_of_ = 0;           ///< the epoch whose parts are measured
  std::unique_ptr<LossWatch> watch_;
  std::unique_ptr<FiniteWatch> finite_;  ///< null unless NaN is looked for
  const FileSystem& files_;
  const TrialMachine machine_;
  std::unique_ptr<CheckpointFolder> folder_;  ///< null when no checkpoints are asked for
  std::unique_ptr<EarlyStopping> early_stopping_;
  std::unique_ptr<WeightAverages> averages_;
  std::optional<FoundCheckpoint> found_;  ///< to go on from, until the run begins
  EpochNumbers numbers_;
  EpochNumbers validation_numbers_;
  std::unique_ptr<BestNumber> best_;
  std::unique_ptr<Scheduled> schedules_;
  FoundGraphs graphs_;
  std::unique_ptr<RunStatistics> statistics_;  ///< null when none are asked for
  SavedValues saved_values_;
  std::vector<SaverFiles> savers_;
  TrainingFacts facts_;
  std::shared_ptr<RunLog> log_;
  RunRecord record_;
  TrainingSummary summary_;
  Clock::time_point begun_;
  Clock::time_point epoch_begun_;
  Clock::time_point last_check_;
  std::int64_t resets_;  ///< of the states that the manager had asked for when the last was done
  std::int64_t updates_ = 0;
  std::int64_t epochs_done_ = 0;
  std::int64_t epoch_samples_ = 0;
  bool epoch_open_ = false;
  bool epoch_cut_ = false;                ///< the last one was ended before all of its batches
  bool epoch_averaged_ = false;           ///< the open epoch's weights are in the averages already
  std::int64_t validation_interval_ = 0;  ///< batches; 0: no validation within an epoch
  std::int64_t validated_at_ = 0;         ///< batch of the open epoch after which it was last validated
  RunLimits limits_;
  std::string stopped_early_;            ///< why; empty while it goes on
  bool in_step_ = false;                 ///< a checkpoint would be of half a step
  std::vector<at::Tensor> step_losses_;  ///< of the batch that goes on, where the events want them
  /// Random numbers and states as they were before the validation that goes on.
  std::optional<std::vector<NamedTensor>> before_validation_;
  std::int64_t written_at_ = -1;  ///< steps that the newest checkpoint has; -1: something happened since
  bool write_failed_ = false;     ///< and was said
  int saves_asked_;               ///< by signals, that were answered
  double seconds_before_ = 0;     ///< of the run before it was resumed
  struct {
    std::string path, hash, config;
  } script_;
  std::string failure_;      ///< of the last call by a loop by hand; empty if it went well
  bool handed_out_ = false;  ///< a loop by hand works on a batch
  bool ended_ = false;
};

}  // namespace orrery
