// The part of TrainingRun that takes batches and does its steps.
#include <algorithm>
#include <utility>

#include <ATen/ATen.h>

#include "runtime/engine/training/capture_rules.h"
#include "runtime/engine/training/training_run.h"

namespace orrery {
namespace {

// How often losses are looked at while a device works; each look waits for it.
constexpr std::chrono::milliseconds kDeviceLook{100};

}  // namespace

std::optional<Minibatch> TrainingRun::next_batch() {
  stop_if_asked();
  if (validation_is_due_within() && !at_limit()) validate_within_epoch();
  if (epoch_open_ && (at_limit() || !stopped_early_.empty())) return cut_epoch(), std::nullopt;
  if (recorder_) recorder_->mark();
  if (!epoch_open_) begin_epoch();
  std::optional<Minibatch> batch;
  {
    const PartScope part(recorder_.get(), StepPart::data_wait);
    const Engine::Turn turn(engine_);
    batch = loader_->next();
    if (batch) input_.put_into(*batch);
  }
  if (batch && recorder_) begin_profiled_step();
  if (batch) saved_values_.see(*batch);
  in_step_ = batch.has_value();
  step_losses_.clear();
  if (!batch) return end_epoch(), std::nullopt;
  epoch_samples_ += batch->size;
  events_.on_step_start({epochs_done_ + 1, loader_->position().batch, loader_->batches()});
  log_->at({RunLog::Moment::Point::training, epochs_done_ + 1, summary_.steps + 1, batch->size});
  return batch;
}

// What the recording of a device does not see is left out only where there is one.
void TrainingRun::prepare_graphs() {
  if (!graphs_.graphs) graphs_ = find_graphs(step_.device());
  const bool insists = insists_on_capture(manager_);
  if (!graphs_.graphs && step_.device().is_cpu() && !insists) return;
  std::string why = why_not_captured(graph_, manager_, step_.device(), &events_);
  if (why.empty()) why = graphs_.why_not;
  if (!why.empty() && insists) refuse_capture(graph_, manager_, why);
  summary_.uncaptured = why;
  if (why.empty()) step_.set_graphs(graphs_.graphs);
}

// A step that is profiled is done by itself: the first of each epoch.
bool TrainingRun::replay(const Minibatch& batch) {
  if (!step_.graphs() || (recorder_ && batch.index == 0)) return false;
  const Engine::Turn turn(engine_);
  begin_step();
  const auto values = step_.replay(batch);
  summary_.uncaptured = step_.graphs()->refused();
  if (!summary_.uncaptured.empty() && insists_on_capture(manager_))
    refuse_capture(graph_, manager_, summary_.uncaptured);
  if (!values) return false;
  ++summary_.captured_steps;
  take_numbers(*values, batch.size);
  return true;
}

void TrainingRun::train(const Minibatch& batch) {
  if (replay(batch)) return after_update(), after_step();
  std::vector<at::Tensor> values = forward_values(batch);
  const bool last = loader_->position().batch == loader_->batches();
  if (step_.update(std::move(values), batch, last)) after_update();
  after_step();
}

// The numbers are gathered before the update, which may change tensors that share memory with them.
std::vector<at::Tensor> TrainingRun::forward_values(const Minibatch& batch) {
  const Engine::Turn turn(engine_);
  begin_step();
  std::vector<at::Tensor> values = step_.forward(batch);
  take_numbers(values, batch.size);
  return values;
}

void TrainingRun::begin_step() {
  if (finite_)
    finite_->begin(fmt::format("epoch {}, step {} of {}", epochs_done_ + 1, loader_->position().batch,
                               loader_->batches()));
  reset_states_if_asked();
  if (averages_) averages_->before_step();
}

void TrainingRun::take_numbers(const std::vector<at::Tensor>& values, std::int64_t size) {
  std::vector<at::Tensor> losses;
  for (size_t i = 0; i < step_.targets().loss_count; ++i) {
    losses.push_back(values[static_cast<size_t>(step_.targets().followed[i].places.front())].detach());
  }
  log_->losses(losses);
  // What lies on a device is read when the step is over.
  step_losses_.clear();
  if (events_.wants_losses_of_steps())
    for (const at::Tensor& loss : losses) step_losses_.push_back(loss.clone());
  watch_->see(losses, std::max<std::int64_t>(loader_->position().batch - 1, 0));
  numbers_.add(values, size);
}

void TrainingRun::reset_states_if_asked() {
  if (resets_ == manager_.state_resets()) return;
  resets_ = manager_.state_resets();
  step_.reset_states();
}

void TrainingRun::after_update() {
  if (statistics_) statistics_->update_done();
  if (averages_) averages_->after_update();
  schedules_->update_done(++updates_);
  step_.take_turn(updates_);
}

void TrainingRun::after_step() {
  ++summary_.steps;
  in_step_ = false;
  written_at_ = -1;
  // Optimizers make their state with their first step.
  if (summary_.steps == 1) step_.report_optimizer_bytes();
  if (!step_.device().is_cpu() && Clock::now() - last_check_ > kDeviceLook) {
    const Engine::Turn turn(engine_);
    watch_->check();
    last_check_ = Clock::now();
  }
  events_.on_step(
      {epochs_done_ + 1, loader_->position().batch, loader_->batches(), numbers_, losses_of_step()});
  write_after_step();
  stop_if_asked();
}

std::vector<NamedNumber> TrainingRun::losses_of_step() const {
  if (step_losses_.empty()) return {};
  const Engine::Turn turn(engine_);
  std::vector<NamedNumber> losses;
  for (size_t i = 0; i < step_losses_.size(); ++i)
    losses.push_back({step_.targets().followed[i].name, step_losses_[i].item<double>()});
  return losses;
}

void TrainingRun::stop_if_asked() const {
  if (const int signal = runtime_.stop.load(std::memory_order_relaxed)) throw Stopped(signal);
}

}  // namespace orrery
