#include "runtime/engine/training/training_step.h"

#include <utility>

#include <ATen/ATen.h>

namespace orrery {
namespace {

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
      clipping_(manager.options()),
      accumulation_(manager.options().integer("accumulate_grad_batches"), manager.parts().optimizers.size()) {
  executor_.set_device(device);
  executor_.set_finishing(true);
  for (const auto& optimizer : manager.parts().optimizers) {
    parameters_.push_back(optimizer->parameters());
    // What an optimizer updates may lie outside of what the targets need (a loop by hand).
    for (const ParameterPtr& parameter : parameters_.back()) engine.move(parameter, device);
    updaters_.push_back(executed(engine, *optimizer, &graph));
    evaluates_ = evaluates_ || optimizer->optimizer().evaluates;
    if (optimizer->loss()) stepped_.push_back(updaters_.size() - 1);
    if (optimizer->optimizer().evaluates && accumulation_.batches() > 1)
      throw Error(Fault::usage, optimizer->kind() + " computes the loss of one batch several times",
                  optimizer->origin().site,
                  "It goes without accumulate_grad_batches: make the batches larger instead.");
  }
}

std::vector<at::Tensor> TrainingStep::forward(const Minibatch& batch) {
  executor_.set_sink(recorder_);
  if (evaluates_) {
    batch_ = batch.fields;
    states_ = executor_.training_states();
  }
  return executor_.forward(batch.fields, {.training = true, .gradients = true});
}

std::vector<at::Tensor> TrainingStep::evaluate(const Minibatch& batch) {
  executor_.set_sink(nullptr);
  return executor_.forward(batch.fields, {.training = false, .gradients = false});
}

bool TrainingStep::update(const std::vector<at::Tensor>& values, bool last) {
  const Engine::Turn turn(engine_);
  const bool accumulates = accumulation_.batches() > 1;
  std::vector<Executor::Demand> demands;
  for (const size_t i : stepped_) {
    const at::Tensor& loss = values[static_cast<size_t>(targets_.losses[i])];
    demands.push_back({accumulates ? loss / accumulation_.batches() : loss, parameters_[i]});
  }
  if (events_ && accumulation_.begins()) events_->before_zero_grad();
  auto gradients = backward(demands);
  if (accumulates) {
    if (!accumulation_.add(gradients, last)) return false;
    gradients = accumulation_.take();
  }
  for (size_t i = 0; i < stepped_.size(); ++i) {
    look_at(stepped_[i], gradients[i]);
    prepare(stepped_[i], gradients[i]);
    if (updaters_[stepped_[i]]->kind().evaluates)
      update_evaluating(stepped_[i], {demands[i].loss, std::move(gradients[i])});
    else
      updaters_[stepped_[i]]->step(gradients[i]);
  }
  return true;
}

std::vector<std::vector<at::Tensor>> TrainingStep::backward(const std::vector<Executor::Demand>& demands,
                                                            bool keep_graph) {
  if (events_) {
    std::vector<at::Tensor> losses;
    for (const Executor::Demand& demand : demands) losses.push_back(demand.loss.detach());
    events_->before_backward(losses);
  }
  auto gradients = executor_.backward(demands, keep_graph);
  if (events_) events_->after_backward();
  return gradients;
}

void TrainingStep::prepare(size_t optimizer, std::vector<at::Tensor>& gradients) {
  if (events_) events_->before_optimizer_step({optimizer, updaters_[optimizer]->keys(), gradients});
  clipping_.clip(gradients);
}

void TrainingStep::look_at(size_t optimizer, const std::vector<at::Tensor>& gradients) {
  if (statistics_) statistics_->see_gradients(parameters_[optimizer], gradients);
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
  const auto values = executor_.forward(batch_, {.training = true, .gradients = true});
  const at::Tensor& loss = values[static_cast<size_t>(targets_.losses[optimizer])];
  LossAndGradients again{loss, std::move(backward({{loss, parameters_[optimizer]}}).front())};
  prepare(optimizer, again.gradients);
  return again;
}

void TrainingStep::update(size_t optimizer, const at::Tensor& loss, bool keep_graph) {
  const Engine::Turn turn(engine_);
  auto gradients = backward({{loss, parameters_.at(optimizer)}}, keep_graph);
  look_at(optimizer, gradients.front());
  prepare(optimizer, gradients.front());
  updaters_[optimizer]->step(gradients.front());
}

at::Tensor TrainingStep::update(size_t optimizer, const std::function<at::Tensor()>& loss, bool keep_graph) {
  const Engine::Turn turn(engine_);
  bool again = false;
  return updaters_.at(optimizer)->step_with([&]() -> LossAndGradients {
    const at::Tensor value = loss();
    auto gradients = backward({{value, parameters_[optimizer]}}, keep_graph);
    if (!std::exchange(again, true)) look_at(optimizer, gradients.front());
    prepare(optimizer, gradients.front());
    return {value, std::move(gradients.front())};
  });
}

std::vector<std::vector<at::Tensor>> TrainingStep::stepped_parameters() const {
  std::vector<std::vector<at::Tensor>> parameters;
  for (const size_t i : stepped_) parameters.push_back(updaters_[i]->parameters());
  return parameters;
}

std::vector<NamedTensor> TrainingStep::evaluation_states() const { return states_of(executor_, false); }

void TrainingStep::save(Checkpoint& to) const {
  accumulation_.save(to);
  for (NamedTensor& state : states_of(executor_, true)) to.tensors.push_back(std::move(state));
}

void TrainingStep::load(const Checkpoint& from) {
  accumulation_.load(from, stepped_parameters());
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
