// The part of TrainingRun that begins, validates and ends epochs.
#include <utility>

#include "runtime/engine/training/training_run.h"

namespace orrery {

void TrainingRun::begin_epoch() {
  loader_->begin(epochs_done_ + 1);
  step_.begin_pass(true);
  watch_->begin(epochs_done_ + 1);
  numbers_.reset();
  epoch_samples_ = 0;
  epoch_begun_ = Clock::now();
  epoch_open_ = true;
  epoch_averaged_ = false;
}

bool TrainingRun::at_limit() {
  const Attributes& options = manager_.options();
  if (options.has("max_steps") && summary_.steps >= options.integer("max_steps"))
    limit_ = fmt::format("max_steps, {}, is reached", options.integer("max_steps"));
  if (options.has("max_time") && seconds_before_ + seconds_since(begun_) >=
                                     static_cast<double>(*seconds_of_time(options.text("max_time"))))
    limit_ = fmt::format("max_time, {}, is over", options.text("max_time"));
  return !limit_.empty();
}

void TrainingRun::end_epoch() {
  EpochReport report{.epoch = epochs_done_ + 1,
                     .epochs = facts_.epochs,
                     .steps = loader_->position().batch,
                     .samples = epoch_samples_};
  {
    const Engine::Turn turn(engine_);
    watch_->check();
    report.train = numbers_.values();
  }
  if (averages_ && !std::exchange(epoch_averaged_, true)) averages_->after_epoch(report.epoch);
  if (validation_is_due()) report.validation = validate();
  report.improved = best_->improved(report);
  if (early_stopping_) stopped_early_ = early_stopping_->see(report);
  at_limit();
  schedules_->epoch_done(report);
  written_at_ = -1;
  report.seconds = seconds_since(epoch_begun_);
  epoch_open_ = false;
  ++epochs_done_;
  write_profile(report.epoch);
  write_logged();
  log_->at({RunLog::Moment::Point::epoch_end, report.epoch, summary_.steps, 1});
  record_.epoch(report);
  summary_.epochs = report.epoch;
  summary_.train = report.train;
  if (!report.validation.empty()) summary_.validation = report.validation;
  save([&](SaverFiles& saver) { return saver.after_epoch(report, numbers_for_names()); });
  events_.on_epoch_end(report);
  write_after_epoch(report);
}

bool TrainingRun::validation_is_due() const {
  const std::int64_t epoch = epochs_done_ + 1;
  return validation_ && (epoch % manager_.options().integer("validate_every") == 0 ||
                         epoch == facts_.epochs || !limit_.empty());
}

std::vector<NamedNumber> TrainingRun::validate() {
  if (folder_) before_validation_ = moving_parts();
  const WeightAverages::InUse averages(averages_.get());
  validation_->begin(1);
  step_.begin_pass(false);
  reset_states_if_asked();
  validation_numbers_.reset();
  const auto next = [&] {
    const Engine::Turn turn(engine_);
    auto batch = validation_->next();
    if (!batch) return false;
    validation_numbers_.add(step_.evaluate(*batch), batch->size);
    log_->at({RunLog::Moment::Point::validation, epochs_done_ + 1, summary_.steps, batch->size});
    return true;
  };
  while (next()) {
    events_.on_validation_step(
        {epochs_done_ + 1, validation_->position().batch, validation_->batches(), validation_numbers_});
    stop_if_asked();
  }
  before_validation_.reset();
  const Engine::Turn turn(engine_);
  return validation_numbers_.values();
}

void TrainingRun::write_logged() {
  try {
    const Engine::Turn turn(engine_);
    record_.logged(*log_);
  } catch (const std::exception& error) {
    runtime_.log.warning(fmt::format("what was logged on the device was lost: {}", error.what()));
  }
}

void TrainingRun::write_profile(std::int64_t epoch) {
  if (!recorder_) return;
  try {
    const Engine::Turn turn(engine_);
    step_.report_optimizer_bytes();
    record_.profile(epoch, recorder_->take_epoch());
  } catch (const std::exception& error) {
    runtime_.log.warning(fmt::format("the profile of epoch {} was lost: {}", epoch, error.what()));
  }
}

}  // namespace orrery
