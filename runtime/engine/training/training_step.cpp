#include "runtime/engine/training/training_step.h"

#include <unordered_map>
#include <utility>

#include <ATen/ATen.h>

namespace orrery {
namespace {

std::vector<ParameterPtr> parameters_of(const Optimizer& optimizer) {
  std::vector<ParameterPtr> parameters;
  for (const ParameterGroup& group : optimizer.groups()) {
    const auto own = Optimizer::parameters(group);
    parameters.insert(parameters.end(), own.begin(), own.end());
  }
  return parameters;
}

std::unordered_map<const Parameter*, std::string> keys_of(const Graph& graph) {
  std::unordered_map<const Parameter*, std::string> keys;
  for (const Graph::Entry& entry : graph.state(nullptr, true))
    keys.try_emplace(entry.parameter.get(), entry.key);
  return keys;
}

}  // namespace

std::unique_ptr<Updater> make_updater(Engine& engine, const Graph& graph, const Optimizer& optimizer) {
  const auto keys = keys_of(graph);
  std::vector<UpdateGroup> groups;
  for (const ParameterGroup& group : optimizer.groups()) {
    UpdateGroup& made = groups.emplace_back();
    made.options = group.options;
    for (const ParameterPtr& parameter : Optimizer::parameters(group)) {
      const auto key = keys.find(parameter.get());
      made.keys.push_back(key == keys.end() ? parameter->name : key->second);
      made.parameters.push_back(engine.tensor(parameter));
    }
  }
  return Updater::make(optimizer.optimizer().name, std::move(groups));
}

TrainingStep::TrainingStep(Engine& engine, const Graph& graph, const Manager& manager,
                           const at::Device& device, bool with_outputs)
    : engine_(engine),
      targets_(run_targets(graph, manager, with_outputs)),
      executor_(engine, graph, targets_.values) {
  executor_.set_device(device);
  for (const auto& optimizer : manager.parts().optimizers) {
    parameters_.push_back(parameters_of(*optimizer));
    // What an optimizer updates may lie outside of what the targets need (a loop by hand).
    for (const ParameterPtr& parameter : parameters_.back()) engine.move(parameter, device);
    updaters_.push_back(make_updater(engine, graph, *optimizer));
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
