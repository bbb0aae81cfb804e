#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/engine/training/followed.h"

namespace orrery {

/// What is known when a run begins.
struct TrainingFacts {
  std::string run_name;  ///< of the history; empty without one
  std::string device;    ///< `cpu`, `cuda:0`
  int threads = 1;
  std::uint64_t seed = 0;
  std::int64_t epochs = 0;
  std::int64_t steps_per_epoch = 0;
  std::int64_t samples_per_epoch = 0;
  std::int64_t validation_samples = 0;  ///< 0 without validation
  std::int64_t parameters = 0;          ///< elements, buffers not counted
  std::int64_t trainable = 0;           ///< elements
  std::string resumed_from;             ///< the checkpoint's path; empty for a run that begins
};

/// A finished step.
struct StepReport {
  std::int64_t epoch = 0;  ///< from 1
  std::int64_t step = 0;   ///< within the epoch, from 1
  std::int64_t steps = 0;  ///< in the epoch
  /// The epoch's means so far. Reading them waits for a device: do it a few times a second, not at
  /// every step.
  const EpochNumbers& numbers;
};

/// A finished epoch, validation included.
struct EpochReport {
  std::int64_t epoch = 0;
  std::int64_t epochs = 0;
  std::int64_t steps = 0;
  std::int64_t samples = 0;
  double seconds = 0;
  std::vector<NamedNumber> train;
  std::vector<NamedNumber> validation;  ///< empty without validation
  bool improved = false;                ///< the monitored number is the best so far
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
  std::vector<std::string> files;  ///< written by savers
  std::string checkpoint;          ///< the newest that this run wrote
  std::string stopped_early;       ///< why, when early stopping or a limit ended it
};

/// Is told how a run goes, on the thread that runs it and outside of the engine's turns. What it throws
/// ends the run.
class TrainingEvents {
 public:
  virtual ~TrainingEvents() = default;

  virtual void on_start(const TrainingFacts&) {}
  virtual void on_step(const StepReport&) {}
  virtual void on_validation_step(const StepReport&) {}
  virtual void on_epoch_end(const EpochReport&) {}
  virtual void on_end(const TrainingSummary&) {}
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
