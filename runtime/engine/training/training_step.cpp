#include "runtime/engine/training/training_step.h"

#include <utility>

#include <ATen/ATen.h>

namespace orrery {

TrainingStep::TrainingStep(Engine& engine, const Graph& graph, const Manager& manager,
                           const at::Device& device, bool with_outputs)
    : engine_(engine),
      targets_(run_targets(graph, manager, with_outputs)),
      executor_(engine, graph, targets_.values) {
  executor_.set_device(device);
  for (const auto& optimizer : manager.parts().optimizers) {
    parameters_.push_back(optimizer->parameters());
    // What an optimizer updates may lie outside of what the targets need (a loop by hand).
    for (const ParameterPtr& parameter : parameters_.back()) engine.move(parameter, device);
    updaters_.push_back(executed(engine, *optimizer, &graph));
    evaluates_ = evaluates_ || optimizer->optimizer().evaluates;
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

void TrainingStep::update(const std::vector<at::Tensor>& values) {
  std::vector<Executor::Demand> demands;
  std::vector<size_t> stepped;
  for (size_t i = 0; i < updaters_.size(); ++i) {
    if (targets_.losses[i] < 0) continue;
    demands.push_back({values[static_cast<size_t>(targets_.losses[i])], parameters_[i]});
    stepped.push_back(i);
  }
  auto gradients = executor_.backward(demands);
  const Engine::Turn turn(engine_);
  for (size_t i = 0; i < stepped.size(); ++i) {
    if (updaters_[stepped[i]]->kind().evaluates)
      update_evaluating(stepped[i], {demands[i].loss, std::move(gradients[i])});
    else
      updaters_[stepped[i]]->step(gradients[i]);
  }
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
  return {loss, std::move(executor_.backward({{loss, parameters_[optimizer]}}).front())};
}

void TrainingStep::update(size_t optimizer, const at::Tensor& loss, bool keep_graph) {
  const auto gradients = executor_.backward({{loss, parameters_.at(optimizer)}}, keep_graph);
  const Engine::Turn turn(engine_);
  updaters_[optimizer]->step(gradients.front());
}

at::Tensor TrainingStep::update(size_t optimizer, const std::function<at::Tensor()>& loss, bool keep_graph) {
  const Engine::Turn turn(engine_);
  return updaters_.at(optimizer)->step_with([&]() -> LossAndGradients {
    const at::Tensor value = loss();
    auto gradients = executor_.backward({{value, parameters_[optimizer]}}, keep_graph);
    return {value, std::move(gradients.front())};
  });
}

void TrainingStep::report_optimizer_bytes() {
  if (!recorder_) return;
  for (size_t i = 0; i < updaters_.size(); ++i) {
    const std::vector<std::int64_t> bytes = updaters_[i]->state_bytes();
    for (size_t p = 0; p < bytes.size(); ++p) recorder_->set_optimizer_bytes(*parameters_[i][p], bytes[p]);
  }
}

}  // namespace orrery
