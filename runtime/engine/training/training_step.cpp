#include "runtime/engine/training/training_step.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <ATen/ATen.h>

#include "runtime/engine/profile/part_scope.h"

namespace orrery {
namespace {

GradientEngine gradient_engine(const Attributes& options) {
  const std::string& word = options.text("engine");
  if (word == "plan") return GradientEngine::plan;
  return word == "autograd" ? GradientEngine::autograd : GradientEngine::automatic;
}

std::string state_key(bool training, const std::string& path) {
  return fmt::format("state.{}.{}", training ? "training" : "evaluation", path);
}

std::vector<NamedTensor> states_of(const Executor& executor, bool training) {
  std::vector<NamedTensor> states;
  for (const auto& [path, tensor] : executor.carried(training))
    states.push_back({state_key(training, path), tensor});
  return states;
}

}  // namespace

TrainingStep::TrainingStep(Engine& engine, const Graph& graph, const Manager& manager,
                           const at::Device& device, bool with_outputs)
    : engine_(engine),
      targets_(run_targets(graph, manager, with_outputs)),
      executor_(engine, graph, targets_.values),
      turns_(manager.turns()),
      scaling_(Precision(manager.options().text("precision"))),
      clipping_(manager.options()),
      accumulation_(manager.options().integer("accumulate_grad_batches"), manager.parts().optimizers.size()),
      start_(engine, executor_),
      second_try_(executor_) {
  // What an optimizer updates may lie outside of what the targets need (a loop by hand).
  for (const auto& optimizer : manager.parts().optimizers)
    for (const ParameterPtr& parameter : optimizer->parameters()) engine.move(parameter, device);
  executor_.set_device(device);
  executor_.set_precision(Precision(manager.options().text("precision")));
  executor_.set_passes(PassSet::of(manager.options()));
  executor_.set_finishing(true);
  for (const auto& optimizer : manager.parts().optimizers) {
    parameters_.push_back(optimizer->parameters());
    updaters_.push_back(executed(engine, *optimizer, &graph));
    evaluates_ = evaluates_ || optimizer->optimizer().evaluates;
    if (optimizer->loss()) stepped_.push_back(updaters_.size() - 1);
    if (optimizer->optimizer().evaluates && accumulation_.batches() > 1)
      throw Error(Fault::usage, optimizer->kind() + " computes the loss of one batch several times",
                  optimizer->origin().site,
                  "It goes without accumulate_grad_batches: make the batches larger instead.");
    if (optimizer->optimizer().evaluates && scaling_.on())
      throw Error(Fault::usage, optimizer->kind() + " compares losses, which 16-mixed scales",
                  optimizer->origin().site, "It goes with precision = \"bf16-mixed\".");
  }
  if (!with_outputs) {
    executor_.set_objectives(objectives(), gradient_engine(manager.options()));
    if (why_updates_wait(manager).empty()) {
      const size_t only = stepped_.front();
      early_ = std::make_unique<EarlyUpdates>(updaters_[only], parameters_[only]);
      early_->set_release([this] { second_try_.free_memory(); });
    }
  }
  take_turn(0);
}

// One of each optimizer that has a loss.
std::vector<Objective> TrainingStep::objectives() const {
  std::vector<Objective> all;
  for (const size_t i : stepped_)
    all.push_back({targets_.values[static_cast<size_t>(targets_.losses[i])], parameters_[i]});
  return all;
}

void TrainingStep::set_recorder(Recorder* recorder) {
  recorder_ = recorder;
  if (early_) early_->set_recorder(recorder);
}

void TrainingStep::take_turn(std::int64_t updates) {
  due_.clear();
  std::ranges::copy_if(stepped_, std::back_inserter(due_),
                       [&](size_t optimizer) { return turns_.has(optimizer, updates + 1); });
  set_due(due_);
}

void TrainingStep::set_due(const std::vector<size_t>& optimizers) {
  std::vector<size_t> objectives;
  for (size_t i = 0; i < stepped_.size(); ++i)
    if (std::ranges::find(optimizers, stepped_[i]) != optimizers.end()) objectives.push_back(i);
  executor_.set_due(std::move(objectives));
}

void TrainingStep::begin_updates() {
  if (!early_) return;
  early_->begin();
  executor_.set_updates(events_ && events_->looks_before_update() ? nullptr : early_.get());
}

std::vector<at::Tensor> TrainingStep::forward(const Minibatch& batch) {
  executor_.set_sink(recorder_);
  begin_updates();
  second_try_([&] { start_.remember(); }, [] {});
  if (evaluates_) {
    batch_ = batch.fields;
    states_ = executor_.training_states();
  }
  return second_try_([&] { return executor_.forward(batch.fields, kTrainingMode); },
                     [&] { start_.put_back(); });
}

std::vector<at::Tensor> TrainingStep::evaluate(const Minibatch& batch) {
  executor_.set_sink(nullptr);
  return executor_.forward(batch.fields, {.training = false, .gradients = false});
}

std::vector<Executor::Demand> TrainingStep::demands(const std::vector<at::Tensor>& values) const {
  std::vector<Executor::Demand> demands;
  for (const size_t i : due_) {
    const at::Tensor& loss = values[static_cast<size_t>(targets_.losses[i])];
    const at::Tensor part = accumulation_.batches() > 1 ? loss / accumulation_.batches() : loss;
    demands.push_back({scaling_.scaled(part), parameters_[i]});
  }
  return demands;
}

bool TrainingStep::update(std::vector<at::Tensor> values, const Minibatch& batch, bool last) {
  const Engine::Turn turn(engine_);
  if (events_ && accumulation_.begins()) events_->before_zero_grad();
  bool told = false;
  // What a failed backward pass has used up is computed anew.
  auto gradients = second_try_(
      [&] {
        if (values.empty()) values = executor_.forward(batch.fields, kTrainingMode);
        const std::vector<Executor::Demand> all = demands(values);
        if (!std::exchange(told, true)) tell_losses(all);
        return gradients_of(all);
      },
      [&] {
        values.clear();
        start_.put_back();
      },
      [&] { return early_updates() == 0; });
  if (events_) events_->after_backward();
  const PartScope part(recorder_, StepPart::optimizer);
  if (accumulation_.batches() > 1) {
    if (!second_try_.reported([&] { return accumulation_.add(gradients, last); })) return false;
    gradients = accumulation_.take();
  }
  second_try_.reported([&] { update_all(std::move(gradients), values); });
  return true;
}

void TrainingStep::update_all(std::vector<std::vector<at::Tensor>> gradients,
                              const std::vector<at::Tensor>& values) {
  bool all_finite = true;
  for (size_t i = 0; i < due_.size(); ++i) {
    const size_t optimizer = due_[i];
    const bool finite = scaling_.unscale(gradients[i]);
    all_finite = all_finite && finite;
    look_at(optimizer, gradients[i], finite);
    if (!finite) continue;
    prepare(optimizer, gradients[i]);
    if (updaters_[optimizer]->kind().evaluates)
      update_evaluating(optimizer,
                        {values[static_cast<size_t>(targets_.losses[optimizer])], std::move(gradients[i])});
    else
      step(*updaters_[optimizer], gradients[i]);
  }
  scaling_.settle(all_finite);
}

void TrainingStep::step(Updater& updater, const std::vector<at::Tensor>& gradients) {
  second_try_.repeated([&] { updater.prepare(gradients); });
  updater.step_prepared();
}

void TrainingStep::tell_losses(const std::vector<Executor::Demand>& demands) {
  if (!events_) return;
  std::vector<at::Tensor> losses;
  for (const Executor::Demand& demand : demands) losses.push_back(demand.loss.detach());
  events_->before_backward(losses);
}

std::vector<std::vector<at::Tensor>> TrainingStep::gradients_of(const std::vector<Executor::Demand>& demands,
                                                                bool keep_graph) {
  if (!executor_.planned()) return executor_.backward(demands, keep_graph);
  std::vector<at::Tensor> losses;
  for (const Executor::Demand& demand : demands) losses.push_back(demand.loss);
  try {
    return executor_.backward(losses, 1.0 / static_cast<double>(accumulation_.batches()));
  } catch (const std::exception&) {
    if (!early_) throw;
    early_->rethrow();
  }
}

std::vector<std::vector<at::Tensor>> TrainingStep::backward(const std::vector<Executor::Demand>& demands,
                                                            bool keep_graph) {
  tell_losses(demands);
  auto gradients = gradients_of(demands, keep_graph);
  if (events_) events_->after_backward();
  return gradients;
}

void TrainingStep::prepare(size_t optimizer, std::vector<at::Tensor>& gradients) {
  if (events_) events_->before_optimizer_step({optimizer, updaters_[optimizer]->keys(), gradients});
  clipping_.clip(gradients);
  if (noise_) noise_->add(optimizer, gradients);
}

void TrainingStep::look_at(size_t optimizer, const std::vector<at::Tensor>& gradients, bool made) {
  if (statistics_) statistics_->see_gradients(parameters_[optimizer], gradients, made);
}

void TrainingStep::update_evaluating(size_t optimizer, LossAndGradients first) {
  const CarriedTensors carried_on = executor_.training_states();
  bool again = false;
  updaters_[optimizer]->step_with(
      [&] { return std::exchange(again, true) ? evaluated_again(optimizer) : std::move(first); });
  executor_.set_training_states(carried_on);
}

LossAndGradients TrainingStep::evaluated_again(size_t optimizer) {
  executor_.set_training_states(states_);
  set_due({optimizer});
  const auto values = executor_.forward(batch_, kTrainingMode);
  const at::Tensor& loss = values[static_cast<size_t>(targets_.losses[optimizer])];
  LossAndGradients again{loss, std::move(backward({{loss, parameters_[optimizer]}}).front())};
  set_due(due_);
  prepare(optimizer, again.gradients);
  return again;
}

void TrainingStep::update(size_t optimizer, const at::Tensor& loss, bool keep_graph) {
  const Engine::Turn turn(engine_);
  second_try_.reported([&] {
    auto gradients = backward({{scaling_.scaled(loss), parameters_.at(optimizer)}}, keep_graph);
    const PartScope part(recorder_, StepPart::optimizer);
    const bool finite = scaling_.unscale(gradients.front());
    look_at(optimizer, gradients.front(), finite);
    if (finite) {
      prepare(optimizer, gradients.front());
      step(*updaters_[optimizer], gradients.front());
    }
    scaling_.settle(finite);
  });
}

at::Tensor TrainingStep::update(size_t optimizer, const std::function<at::Tensor()>& loss, bool keep_graph) {
  const Engine::Turn turn(engine_);
  if (scaling_.on()) {
    const at::Tensor value = loss();
    update(optimizer, value, keep_graph);
    return value;
  }
  const PartScope part(recorder_, StepPart::optimizer);
  bool again = false;
  return updaters_.at(optimizer)->step_with([&]() -> LossAndGradients {
    const at::Tensor value = loss();
    auto gradients = backward({{value, parameters_[optimizer]}}, keep_graph);
    if (!std::exchange(again, true)) look_at(optimizer, gradients.front(), true);
    prepare(optimizer, gradients.front());
    return {value, std::move(gradients.front())};
  });
}

void TrainingStep::rehearse(const Minibatch& batch,
                            const std::function<void(const std::function<void()>& step)>& use) {
  const Engine::Turn turn(engine_);
  executor_.set_sink(recorder_);
  executor_.set_updates(nullptr);
  start_.remember();
  try {
    use([&] { gradients_of(demands(executor_.forward(batch.fields, kTrainingMode))); });
  } catch (...) {
    start_.put_back();
    throw;
  }
  start_.put_back();
}

std::vector<std::vector<at::Tensor>> TrainingStep::due_parameters() const {
  std::vector<std::vector<at::Tensor>> parameters;
  for (const size_t i : due_) parameters.push_back(updaters_[i]->parameters());
  return parameters;
}

std::vector<NamedTensor> TrainingStep::evaluation_states() const { return states_of(executor_, false); }

void TrainingStep::save(Checkpoint& to) const {
  accumulation_.save(to);
  scaling_.save(to);
  if (noise_) noise_->save(to);
  for (NamedTensor& state : states_of(executor_, true)) to.tensors.push_back(std::move(state));
}

void TrainingStep::load(const Checkpoint& from) {
  accumulation_.load(from, due_parameters());
  scaling_.load(from);
  if (noise_) noise_->load(from);
  for (const bool training : {false, true}) {
    const std::string begin = state_key(training, "");
    std::map<std::string, at::Tensor> states;
    for (const NamedTensor& named : from.tensors)
      if (named.key.starts_with(begin)) states[named.key.substr(begin.size())] = named.tensor;
    executor_.carry(training, states);
  }
}

void TrainingStep::report_optimizer_bytes() {
  if (!recorder_) return;
  for (size_t i = 0; i < updaters_.size(); ++i) {
    const std::vector<std::int64_t> bytes = updaters_[i]->state_bytes();
    for (size_t p = 0; p < bytes.size(); ++p) recorder_->set_optimizer_bytes(*parameters_[i][p], bytes[p]);
  }
}

}  // namespace orrery
