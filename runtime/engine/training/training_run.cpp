#include "runtime/engine/training/training_run.h"

#include <span>
#include <unordered_set>
#include <utility>

#include "runtime/core/signals.h"
#include "runtime/engine/training/capture_rules.h"
#include "runtime/engine/training/engine_of_run.h"
#include "runtime/engine/training/run_data.h"
#include "runtime/governors/loop_controls.h"

namespace orrery {
namespace {

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
      choice.level != ProfileLevel::off) {
    recorder_ = std::make_unique<Recorder>(graph_, choice);
    recorder_->set_device(device_marks(step_.device()));
  }
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

}  // namespace orrery
