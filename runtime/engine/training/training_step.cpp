#include "runtime/engine/training/training_step.h"

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
  }
}

std::vector<at::Tensor> TrainingStep::forward(const Minibatch& batch) {
  executor_.set_sink(recorder_);
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
  const auto gradients = executor_.backward(demands);
  const Engine::Turn turn(engine_);
  for (size_t i = 0; i < stepped.size(); ++i) updaters_[stepped[i]]->step(gradients[i]);
}

void TrainingStep::update(size_t optimizer, const at::Tensor& loss, bool keep_graph) {
  const auto gradients = executor_.backward({{loss, parameters_.at(optimizer)}}, keep_graph);
  const Engine::Turn turn(engine_);
  updaters_[optimizer]->step(gradients.front());
}

void TrainingStep::report_optimizer_bytes() {
  if (!recorder_) return;
  for (size_t i = 0; i < updaters_.size(); ++i) {
    const std::vector<std::int64_t> bytes = updaters_[i]->state_bytes();
    for (size_t p = 0; p < bytes.size(); ++p) recorder_->set_optimizer_bytes(*parameters_[i][p], bytes[p]);
  }
}

}  // namespace orrery
