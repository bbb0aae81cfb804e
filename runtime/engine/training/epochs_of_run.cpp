// The part of TrainingRun that begins, validates and ends epochs.
#include <algorithm>
#include <utility>

#include "runtime/engine/training/generators.h"
#include "runtime/engine/training/training_run.h"

namespace orrery {

void TrainingRun::begin_epoch() {
  check_sanity();
  loader_->begin(epochs_done_ + 1);
  step_.begin_pass(true);
  watch_->begin(epochs_done_ + 1);
  numbers_.reset();
  epoch_samples_ = 0;
  epoch_begun_ = Clock::now();
  epoch_open_ = true;
  epoch_cut_ = false;
  epoch_averaged_ = false;
  validated_at_ = 0;
  record_.begin_epoch(manager_.parts().optimizers, epochs_done_ + 1, summary_.steps);
  events_.on_epoch_start({epochs_done_ + 1, facts_.epochs, loader_->batches()});
}

// Whoever gives the run more time goes on inside the epoch: `last` is of before its end.
void TrainingRun::cut_epoch() {
  epoch_cut_ = loader_->position().batch < loader_->batches();
  if (epoch_cut_ && folder_ && folder_->keeps_last()) write_last();
  end_epoch();
}

void TrainingRun::end_epoch() {
  EpochReport report{.epoch = epochs_done_ + 1,
                     .epochs = facts_.epochs,
                     .steps = loader_->position().batch,
                     .samples = epoch_samples_,
                     .whole = loader_->position().batch == loader_->batches(),
                     .validated = validation_is_due(epochs_done_ + 1) && !validated_here()};
  {
    const Engine::Turn turn(engine_);
    watch_->check();
    report.train = numbers_.values();
  }
  if (averages_ && !std::exchange(epoch_averaged_, true)) averages_->after_epoch(report.epoch);
  if (report.validated) report.validation = validate();
  // A checkpoint of a validation that was stopped still holds them.
  if (statistics_) report.statistics = statistics_->take_epoch();
  {
    const Engine::Turn turn(engine_);
    report.logged = log_->means_of(report.epoch);
  }
  const EpochReport news = report;
  follow_validation(report);
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
  save([&](SaverFiles& saver) { return saver.after_epoch(news, numbers_for_names()); });
  events_.on_epoch_end(report);
  at_limit();  // the script may have asked
  write_after_epoch(news);
}

// Each validation is seen once by what follows numbers. An epoch that was validated in its middle only has
// the last of its validations, as Lightning's callback_metrics, which schedules of epochs watch.
void TrainingRun::follow_validation(EpochReport& report) {
  best_->improved(report);
  if (early_stopping_ && stopped_early_.empty()) stopped_early_ = early_stopping_->see(report);
  report.improved = best_->best() && best_->best()->epoch == report.epoch;
  if (report.validated || validated_at_ == 0) return;
  report.validation = summary_.validation;
  report.validated = true;
}

bool TrainingRun::validation_is_due_within() const {
  if (validation_interval_ == 0 || !epoch_open_) return false;
  const std::int64_t batch = loader_->position().batch;
  return batch > 0 && batch < loader_->batches() && !validated_here() && batch % validation_interval_ == 0 &&
         (epochs_done_ + 1) % manager_.options().integer("validate_every") == 0;
}

// As if it had not been: the random numbers that it drew are given back, and a checkpoint knows that it was.
void TrainingRun::validate_within_epoch() {
  EpochReport report{.epoch = epochs_done_ + 1,
                     .epochs = facts_.epochs,
                     .steps = loader_->position().batch,
                     .samples = epoch_samples_,
                     .whole = false,
                     .validated = true};
  {
    const Engine::Turn turn(engine_);
    watch_->check();
    report.train = numbers_.values();
  }
  const Checkpoint before{.tensors = generator_states(engine_), .numbers = {}, .texts = {}};
  report.validation = validate();
  set_generator_states(engine_, before);
  {
    const Engine::Turn turn(engine_);
    report.logged = log_->means_of(report.epoch);
  }
  follow_validation(report);
  written_at_ = -1;
  log_->at({RunLog::Moment::Point::training, report.epoch, summary_.steps, 1});
  summary_.train = report.train;
  save([&](SaverFiles& saver) { return saver.after_validation(report, numbers_for_names()); });
  write_after_epoch(report);
}

bool TrainingRun::validation_is_due(std::int64_t epoch) const {
  const bool at_interval = validation_interval_ == 0 || loader_->position().batch % validation_interval_ == 0;
  return validation_ && ((at_interval && epoch % manager_.options().integer("validate_every") == 0) ||
                         epoch == facts_.epochs || !limits_.which().empty());
}

std::vector<NamedNumber> TrainingRun::validate() {
  const PartScope part(recorder_.get(), StepPart::validation);
  if (folder_) before_validation_ = moving_parts();
  const WeightAverages::InUse averages(averages_.get());
  validation_->begin(1);
  step_.begin_pass(false);
  reset_states_if_asked();
  validation_numbers_.reset();
  const std::int64_t epoch = epochs_done_ + 1, batches = validation_->batches();
  const std::int64_t trained = loader_->position().batch;
  if (validated_at_ > 0) log_->forget_validation_of(epoch);
  events_.on_validation_start({epoch, facts_.epochs, batches});
  for (std::int64_t step = 1; step <= batches; ++step) {
    events_.on_validation_step_start({epoch, step, batches});
    const std::int64_t size = evaluate_next();
    log_->at({RunLog::Moment::Point::validation, epoch, summary_.steps, size});
    events_.on_validation_step({epoch, step, batches, validation_numbers_, {}, trained});
    stop_if_asked();
  }
  events_.on_validation_end({epoch, batches, batches, validation_numbers_, {}, trained});
  before_validation_.reset();
  validated_at_ = trained;
  const Engine::Turn turn(engine_);
  const std::vector<NamedNumber> numbers = validation_numbers_.values();
  if (validation_interval_ > 0) log_->validated(epoch, summary_.steps, numbers);
  return summary_.validation = numbers;
}

std::int64_t TrainingRun::evaluate_next() {
  const Engine::Turn turn(engine_);
  const auto batch = validation_->next();
  invariant(batch.has_value(), "a validation has fewer batches than its loader says");
  saved_values_.see(*batch);
  validation_numbers_.add(step_.evaluate(*batch), batch->size);
  return batch->size;
}

// What fails in validation shall fail before an epoch was trained. Afterwards all is as it was.
void TrainingRun::check_sanity() {
  const std::int64_t asked = manager_.options().integer("num_sanity_val_steps");
  if (!validation_ || asked == 0 || epochs_done_ > 0 || !facts_.resumed_from.empty()) return;
  const std::int64_t steps = asked < 0 ? validation_->batches() : std::min(asked, validation_->batches());
  const PartScope part(recorder_.get(), StepPart::validation);
  const EpochPlace place{1, facts_.epochs, steps};
  events_.on_sanity_check_start(place);
  before_validation_ = moving_parts();
  if (finite_) finite_->begin("sanity check");
  validation_->begin(1);
  step_.begin_pass(false);
  for (std::int64_t step = 0; step < steps; ++step) {
    evaluate_next();
    stop_if_asked();
  }
  validation_->begin(1);
  validation_numbers_.reset();
  step_.reset_states();
  set_generator_states(engine_, {.tensors = *before_validation_, .numbers = {}, .texts = {}});
  before_validation_.reset();
  events_.on_sanity_check_end(place);
}

void TrainingRun::write_logged() {
  try {
    const Engine::Turn turn(engine_);
    record_.logged(*log_);
  } catch (const std::exception& error) {
    runtime_.log.warning(fmt::format("what was logged on the device was lost: {}", error.what()));
  }
}

// The last step of an epoch goes on until the next one begins: validation and checkpoints are its parts. What
// is known of it when the epoch ends is written with the epoch (`write_profile`), the whole when it is over.
void TrainingRun::begin_profiled_step() {
  recorder_->begin_run_step(summary_.steps + 1);
  if (parts_of_ != epochs_done_ + 1) write_parts();
  parts_of_ = epochs_done_ + 1;
}

void TrainingRun::write_parts() {
  const auto parts = recorder_->take_parts();
  const auto spans = recorder_->take_spans();
  if (parts_of_ > 0) record_.profile_steps(parts_of_, parts, spans);
}

// An epoch that was left in its middle is not in the history, nor is its profile.
void TrainingRun::end_profile() {
  if (!recorder_) return;
  recorder_->end_run_step();
  if (parts_of_ <= epochs_done_) write_parts();
}

void TrainingRun::write_profile(std::int64_t epoch) {
  if (!recorder_) return;
  try {
    const Engine::Turn turn(engine_);
    step_.report_optimizer_bytes();
    record_.profile_nodes(epoch, recorder_->nodes(), recorder_->take_kernels());
    if (const auto memory = allocated_memory(step_.device())) recorder_->set_allocated(*memory);
    record_.profile(epoch, recorder_->take_epoch());
    record_.profile_steps(epoch, recorder_->parts_so_far(), recorder_->take_spans());
    if (statistics_) record_.profile(epoch, statistics_->take_blocks());
  } catch (const std::exception& error) {
    runtime_.log.warning(fmt::format("the profile of epoch {} was lost: {}", epoch, error.what()));
  }
}

}  // namespace orrery
