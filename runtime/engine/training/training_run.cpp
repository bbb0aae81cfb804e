#include "runtime/engine/training/training_run.h"

#include <algorithm>
#include <span>
#include <unordered_set>
#include <utility>

#include <ATen/ATen.h>

#include "runtime/core/signals.h"
#include "runtime/engine/training/capture_rules.h"
#include "runtime/engine/training/engine_of_run.h"
#include "runtime/engine/training/run_data.h"
#include "runtime/governors/loop_controls.h"

namespace orrery {
namespace {

// How often losses are looked at while a device works; each look waits for it.
constexpr std::chrono::milliseconds kDeviceLook{100};

// A script's function that was stopped says so by an error of its own.
bool is_stop(const Error& error) {
  return error.fault() == Fault::interrupted || error.fault() == Fault::terminated;
}

std::vector<std::string> names_of(std::span<const RunTargets::Followed> followed) {
  std::vector<std::string> names;
  for (const RunTargets::Followed& each : followed) names.push_back(each.name);
  return names;
}

std::vector<std::string> loss_names(const RunTargets& targets) {
  return names_of(std::span(targets.followed).first(targets.loss_count));
}

}  // namespace

TrainingRun::TrainingRun(Runtime& runtime, const Graph& graph, const Manager& manager, TrainingEvents& events,
                         std::optional<Recording> recording, bool by_hand, const FileSystem& files,
                         const TrialMachine& machine)
    : runtime_(runtime),
      graph_(graph),
      manager_(manager),
      profiled_events_(events),
      events_(profiled_events_),
      engine_(engine_of_run(runtime, graph, manager.options())),
      deterministic_(engine_, Determinism::asked(manager.options())),
      input_(engine_, graph),
      step_(engine_, graph, manager, device_from_name(manager.options().text("device")), by_hand),
      files_(files),
      machine_(machine),
      averages_(WeightAverages::of(engine_, graph, manager)),
      numbers_(step_.targets().followed),
      validation_numbers_(step_.targets().followed),
      saved_values_(runtime, graph, manager),
      log_(RunLog::of_run(recording ? recording->log : nullptr)),
      begun_(Clock::now()),
      resets_(manager.state_resets()),
      limits_(manager),
      saves_asked_(saves_asked()) {
  const Attributes& options = manager.options();
  check(!by_hand || options.integer("accumulate_grad_batches") == 1, Fault::usage,
        "accumulate_grad_batches is for manager:run(): a loop by hand steps its optimizers when it likes");
  check(!by_hand || !manager.turns().taken(), Fault::usage,
        "frequency is for manager:run(): a loop by hand steps its optimizers when it likes");
  check(!by_hand || !insists_on_capture(manager), Fault::usage,
        "cuda_graphs = true is for manager:run(): a loop by hand asks for gradients itself");
  facts_.seed = seed_of_run(engine_, options);
  look_for_checkpoint(recording);
  load_data();
  follow();
  make_folder();
  if (found_) restore(found_->checkpoint);
  choose_threads(by_hand, recording.has_value());
  describe();
  begin_record(std::move(recording));
  begin_folder();
  found_.reset();
  if (!facts_.resumed_from.empty()) {
    record_.event("resumed", facts_.resumed_from, epochs_done_, summary_.steps);
    events_.on_checkpoint_loaded(facts_.resumed_from, summary_.steps);
  }
  events_.on_start(facts_);
  at_limit();
}

TrainingRun::~TrainingRun() = default;

void TrainingRun::load_data() {
  const Engine::Turn turn(engine_);
  RunData data = RunData::of(manager_, facts_.seed, step_.device());
  loader_ = std::make_unique<Loader>(std::move(data.train));
  validation_ = std::move(data.validation);
  if (validation_)
    validation_interval_ =
        validation_interval(manager_.options(), loader_->batches(), manager_.origin().site);
  input_.read(*loader_);
  input_.keep();
}

void TrainingRun::follow() {
  const Attributes& options = manager_.options();
  const bool validates = validation_ != nullptr;
  best_ = std::make_unique<BestNumber>(Monitored::of(step_.targets(), manager_, options, validates));
  for (const auto& saver : manager_.parts().savers)
    savers_.emplace_back(engine_, graph_, saver, Monitored::of(step_.targets(), manager_, options, validates),
                         events_, saved_values_, names_of_numbers());
  if (const Attributes* stopping = manager_.group("early_stopping"))
    early_stopping_ = std::make_unique<EarlyStopping>(
        Monitored::of(step_.targets(), manager_, *stopping, validates), *stopping);
  schedules_ = std::make_unique<Scheduled>(manager_, step_.targets(), validates);
  watch_ = std::make_unique<LossWatch>(loss_names(step_.targets()), loader_->batches());
  if (const ProfileChoice choice = profile_choice(options.text("profile")).value();
      choice.level != ProfileLevel::off)
    recorder_ = std::make_unique<Recorder>(graph_, choice);
  if (manager_.group("log_gradients") || manager_.group("log_weights"))
    statistics_ = std::make_unique<RunStatistics>(engine_, graph_, manager_);
  step_.set_recorder(recorder_.get());
  step_.set_statistics(statistics_.get());
  profiled_events_.set_recorder(recorder_.get());
  step_.set_events(&events_);
  step_.set_noise(GradientNoise::of(manager_, facts_.seed));
  log_->begin(step_.targets().number_names(), options.integer("log_every_n_steps"));
  if (options.boolean("detect_nan")) finite_ = std::make_unique<FiniteWatch>();
  step_.set_watch(finite_.get());
  step_.set_release([this] { events_.release_memory(); });
}

// Before the run begins, so that all of its steps are computed alike.
void TrainingRun::choose_threads(bool by_hand, bool recorded) {
  const ThreadedRun run{graph_,
                        manager_,
                        step_.device(),
                        by_hand,
                        found_.has_value(),
                        loader_->batches(),
                        loader_->calls_the_script()};
  auto reason = untried(engine_, run, machine_);
  if (!reason)
    reason = try_threads(run, recorded, false);
  else if (*reason == ThreadReason::asked && tries_branches(engine_, run, machine_))
    try_threads(run, recorded, true);
  facts_.thread_reason = name(*reason);
}

// What fails here fails again in the run's first step, which tells of it. `branches`: alone.
ThreadReason TrainingRun::try_threads(const ThreadedRun& run, bool recorded, bool branches) {
  if (step_.targets().loss_count == 0) return ThreadReason::failed;
  const int before = engine_.threads();
  Recorder unread(graph_, recorder_ ? recorder_->choice() : ProfileChoice());
  if (recorder_) step_.set_recorder(&unread);
  ThreadReason reason = ThreadReason::failed;
  try {
    const Engine::Turn turn(engine_);
    Minibatch batch = loader_->peek().value();
    input_.put_into(batch);
    const ThreadKey key = thread_key(engine_, run, batch.fields, machine_);
    step_.rehearse(batch, [&](const std::function<void()>& step) {
      const ThreadMemory memory = recorded ? ThreadMemory::of(manager_, true) : ThreadMemory();
      const TriedWays tried{step, [&](bool beside) { set_side_by_side(beside); },
                            [&] { return step_.ran_side_by_side(); }};
      if (branches)
        use_branches_if_faster(engine_, key, memory, machine_, tried);
      else
        reason = use_fastest_threads(engine_, key, memory, machine_, tried);
    });
  } catch (...) {
    engine_.use_threads(before);
    set_side_by_side(false);
    reason = ThreadReason::failed;
  }
  step_.set_recorder(recorder_.get());
  return reason;
}

void TrainingRun::set_side_by_side(bool beside) {
  facts_.side_by_side = beside;
  step_.set_side_by_side(beside);
}

void TrainingRun::describe() {
  facts_.device = step_.device().str();
  facts_.threads = engine_.threads();
  facts_.epochs = manager_.options().integer("epochs");
  facts_.steps_per_epoch = loader_->batches();
  facts_.samples_per_epoch = loader_->samples();
  facts_.validation_samples = validation_ ? validation_->samples() : 0;
  std::unordered_set<const Parameter*> seen;
  for (const Graph::Entry& entry : graph_.state()) {
    const Parameter& parameter = *entry.parameter;
    if (parameter.buffer || !seen.insert(&parameter).second) continue;
    facts_.parameters += numel(parameter.shape).value();
    if (parameter.trainable) facts_.trainable += numel(parameter.shape).value();
  }
}

void TrainingRun::begin_record(std::optional<Recording> recording) {
  const Attributes& options = manager_.options();
  if (!recording || !options.is_text("history") || options.text("history").empty()) return;
  recording->options.path = options.text("history");
  if (options.has("name")) recording->run.name = options.text("name");
  if (goes_on()) {
    recording->run.name = found_->checkpoint.text("run.name");
    recording->run.goes_on_after = epochs_done_;
    recording->run.goes_on_after_step = summary_.steps;
    recording->run.goes_on_validated = !epoch_open_ || validated_here();
  }
  for (const Metric& metric : manager_.parts().metrics)
    if (metric.larger_is_better()) recording->run.rising_metrics.push_back(metric.name);
  record_ = RunRecord(runtime_, graph_, std::move(*recording), facts_);
  log_->set_run(facts_.run_name, runs_folder() + "/" + facts_.run_name);
}

// Errors that are no `std::exception` (a script's own) end the run when its record goes.
template <class Part>
auto TrainingRun::ending_when_stopped(Part part) {
  invariant(!ended_, "a training run was used after its end");
  failure_.clear();
  try {
    return part();
  } catch (const Error& error) {
    const bool stopped = is_stop(error);
    if (stopped) {
      if (const int signal = runtime_.stop.load(std::memory_order_relaxed))
        record_.stopped(signal, epochs_done_ + (epoch_open_ ? 1 : 0), summary_.steps);
      write_when_stopped();
    } else {
      failure_ = error.what();
    }
    tell_exception(error, stopped);
    if (stopped) end(RunStatus::interrupted, error.message() + position());
    throw;
  } catch (const std::exception& error) {
    failure_ = error.what();
    tell_exception(error, false);
    throw;
  }
}

// The error that ends the run is the one to be told.
void TrainingRun::tell_exception(const std::exception& error, bool stopped) {
  try {
    events_.on_exception(error.what(), stopped);
  } catch (const std::exception& another) {
    runtime_.log.warning(fmt::format("another error while the run's was told: {}", another.what()));
  }
}

// ` in epoch 2, step 3 of 40`
std::string TrainingRun::position() const {
  if (!epoch_open_) return fmt::format(" after epoch {}", epochs_done_);
  return fmt::format(" in epoch {}, step {} of {}", epochs_done_ + 1, loader_->position().batch,
                     loader_->batches());
}

void TrainingRun::end(RunStatus status, const std::string& reason) {
  ended_ = true;
  end_profile();
  list_checkpoint();
  log_->forget_means_after(epochs_done_);
  write_logged();
  log_->at({.point = RunLog::Moment::Point::over});
  record_.finish(status, reason);
}

TrainingSummary TrainingRun::run() {
  try {
    return ending_when_stopped([&] {
      check(step_.targets().loss_count > 0, Fault::usage,
            "no optimizer of the manager has a loss, so nothing would be trained");
      prepare_graphs();
      while (!over()) {
        while (const auto batch = next_batch()) train(*batch);
      }
      return finish_run();
    });
  } catch (const std::exception& error) {
    if (!ended_) end(RunStatus::failed, error.what());
    throw;
  }
}

std::optional<Minibatch> TrainingRun::next() {
  return ending_when_stopped([&] {
    settle();
    std::optional<Minibatch> batch = next_batch();
    handed_out_ = batch.has_value();
    return batch;
  });
}

std::vector<NamedTensor> TrainingRun::forward(const Minibatch& batch) {
  return ending_when_stopped([&] {
    const std::vector<at::Tensor> values = forward_values(batch);
    std::vector<NamedTensor> named;
    for (const auto& one : step_.targets().named)
      named.push_back({one.name, values[static_cast<size_t>(one.place)]});
    return named;
  });
}

void TrainingRun::step(size_t optimizer, const at::Tensor& loss) {
  ending_when_stopped([&] {
    // Another optimizer may still want its gradients from the same forward pass.
    const bool keep_graph = step_.updaters().size() > 1;
    step_.update(optimizer, loss, keep_graph);
    stop_if_asked();
  });
}

at::Tensor TrainingRun::step(size_t optimizer, const std::function<at::Tensor()>& loss) {
  return ending_when_stopped([&] {
    const at::Tensor first = step_.update(optimizer, loss, step_.updaters().size() > 1);
    stop_if_asked();
    return first;
  });
}

TrainingSummary TrainingRun::finish() {
  return ending_when_stopped([&] {
    settle();
    return finish_run();
  });
}

void TrainingRun::leave(const std::string& why) {
  const bool stopped = runtime_.stop.load(std::memory_order_relaxed) != 0;
  if (!failure_.empty() || stopped) return abandon(failure_.empty() ? "stopped" + position() : failure_);
  if (!ended_) end(RunStatus::done, why + position());
}

void TrainingRun::abandon(const std::string& reason) {
  const bool stopped = runtime_.stop.load(std::memory_order_relaxed) != 0;
  if (!ended_) end(stopped ? RunStatus::interrupted : RunStatus::failed, reason);
}

// The step of the batch that a loop by hand was given is over when it asks for more.
void TrainingRun::settle() {
  if (!std::exchange(handed_out_, false)) return;
  after_update();
  after_step();
}

void TrainingRun::after_update() {
  if (statistics_) statistics_->update_done();
  if (averages_) averages_->after_update();
  schedules_->update_done(++updates_);
  step_.take_turn(updates_);
}

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

TrainingSummary TrainingRun::finish_run() {
  if (epoch_open_) cut_epoch();
  if (folder_ && folder_->keeps_last() && !epoch_cut_ && written_at_ != summary_.steps) write_last();
  save([&](SaverFiles& saver) { return saver.at_end(numbers_for_names()); });
  if (averages_) WeightAverages::InUse(averages_.get()).keep();
  summary_.run_name = facts_.run_name;
  summary_.stopped_early = stopped_early_.empty() ? limits_.which() : stopped_early_;
  if (!summary_.stopped_early.empty()) runtime_.log.info("the run ended early: " + summary_.stopped_early);
  summary_.seconds = seconds_before_ + seconds_since(begun_);
  summary_.best = best_->best();
  end(RunStatus::done, summary_.stopped_early);
  events_.on_end(summary_);
  return summary_;
}

}  // namespace orrery
