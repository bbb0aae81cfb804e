#pragma once

#include <utility>

#include "runtime/engine/profile/part_scope.h"
#include "runtime/engine/training/training_events.h"

namespace orrery {

/// Passes a run's events on, and has the time that the listeners take counted as the callbacks'.
class ProfiledEvents : public TrainingEvents {
 public:
  /// `events` outlives it.
  explicit ProfiledEvents(TrainingEvents& events) : events_(events) {}
  /// Null, as at the start: nobody measures.
  void set_recorder(Recorder* recorder) { recorder_ = recorder; }

  void on_start(const TrainingFacts& what) override { timed(&TrainingEvents::on_start, what); }
  void on_sanity_check_start(const EpochPlace& what) override {
    timed(&TrainingEvents::on_sanity_check_start, what);
  }
  void on_sanity_check_end(const EpochPlace& what) override {
    timed(&TrainingEvents::on_sanity_check_end, what);
  }
  void on_epoch_start(const EpochPlace& what) override { timed(&TrainingEvents::on_epoch_start, what); }
  void on_step_start(const StepPlace& what) override { timed(&TrainingEvents::on_step_start, what); }
  void on_step(const StepReport& what) override { timed(&TrainingEvents::on_step, what); }
  bool wants_losses_of_steps() const override { return events_.wants_losses_of_steps(); }
  bool wants_parts_of_steps() const override { return events_.wants_parts_of_steps(); }
  void on_validation_start(const EpochPlace& what) override {
    timed(&TrainingEvents::on_validation_start, what);
  }
  void on_validation_step_start(const StepPlace& what) override {
    timed(&TrainingEvents::on_validation_step_start, what);
  }
  void on_validation_step(const StepReport& what) override {
    timed(&TrainingEvents::on_validation_step, what);
  }
  void on_validation_end(const StepReport& what) override { timed(&TrainingEvents::on_validation_end, what); }
  void on_epoch_end(const EpochReport& what) override { timed(&TrainingEvents::on_epoch_end, what); }
  void on_end(const TrainingSummary& what) override { timed(&TrainingEvents::on_end, what); }
  void release_memory() override { timed(&TrainingEvents::release_memory); }
  void on_exception(const std::string& message, bool stopped) override {
    timed(&TrainingEvents::on_exception, message, stopped);
  }
  void on_checkpoint_saved(const std::string& path, std::int64_t steps) override {
    timed(&TrainingEvents::on_checkpoint_saved, path, steps);
  }
  void on_checkpoint_loaded(const std::string& path, std::int64_t steps) override {
    timed(&TrainingEvents::on_checkpoint_loaded, path, steps);
  }
  void before_zero_grad() override { timed(&TrainingEvents::before_zero_grad); }
  void before_backward(const std::vector<at::Tensor>& losses) override {
    timed(&TrainingEvents::before_backward, losses);
  }
  void after_backward() override { timed(&TrainingEvents::after_backward); }
  bool looks_before_update() const override { return events_.looks_before_update(); }
  void before_optimizer_step(const OptimizerStep& what) override {
    timed(&TrainingEvents::before_optimizer_step, what);
  }
  void on_test_end(const TestReport& what) override { timed(&TrainingEvents::on_test_end, what); }
  std::string state() override { return timed(&TrainingEvents::state); }
  void load_state(const std::string& what) override { timed(&TrainingEvents::load_state, what); }
  at::Tensor on_save(const std::shared_ptr<Saver>& what, const at::Tensor& tensor) override {
    return timed(&TrainingEvents::on_save, what, tensor);
  }

 private:
  template <class Result, class... Parameters, class... Arguments>
  Result timed(Result (TrainingEvents::*event)(Parameters...), Arguments&&... arguments) {
    const PartScope part(recorder_, StepPart::callbacks);
    return (events_.*event)(std::forward<Arguments>(arguments)...);
  }

  TrainingEvents& events_;
  Recorder* recorder_ = nullptr;
};

}  // namespace orrery
