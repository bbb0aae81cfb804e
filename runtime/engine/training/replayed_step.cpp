// The part of TrainingStep that is done by graphs of the device.
#include <algorithm>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/training/training_step.h"

namespace orrery {
namespace {

using Counts = std::vector<std::vector<std::int64_t>>;

Counts difference(Counts more, const Counts& less) {
  for (size_t i = 0; i < more.size(); ++i)
    std::ranges::transform(more[i], less[i], more[i].begin(), std::minus<>());
  return more;
}

// What the update writes to is not what the step gave.
std::vector<at::Tensor> kept_values(const std::vector<at::Tensor>& values) {
  const c10::NoGradGuard no_grad;
  std::vector<at::Tensor> kept;
  for (const at::Tensor& value : values) kept.push_back(value.detach().clone());
  return kept;
}

}  // namespace

void TrainingStep::set_graphs(std::shared_ptr<DeviceGraphs> graphs) {
  const Engine::Turn turn(engine_);
  graphs_ = std::make_unique<StepGraphs>(std::move(graphs), device());
  executor_.set_lowering(false);
  executor_.set_updates(nullptr);
  early_.reset();
  for (const auto& updater : updaters_) updater->keep_rates_on_device();
}

std::optional<std::vector<at::Tensor>> TrainingStep::replay(const Minibatch& batch) {
  if (!graphs_ || !graphs_->refused().empty()) return std::nullopt;
  const Engine::Turn turn(engine_);
  return graphs_->step(graph_key(batch.fields), batch.fields,
                       [this](const Batch& fields) { return record(fields); });
}

StepGraphs::Key TrainingStep::graph_key(const Batch& batch) {
  StepGraphs::Key key = signature_of(batch);
  key.insert(key.end(), due_.begin(), due_.end());
  for (const auto& updater : updaters_) key.push_back(updater->changes());
  const Graph& graph = executor_.graph();
  for (const LayerPtr& layer : graph.layers()) key.push_back(layer->training());
  for (const Graph::Entry& entry : graph.state_of_run()) {
    const at::Tensor tensor = engine_.tensor(entry.parameter);
    key.push_back(reinterpret_cast<std::int64_t>(tensor.const_data_ptr()));
    key.push_back(tensor.requires_grad());
  }
  return key;
}

StepGraphs::Recorded TrainingStep::record(const Batch& batch) {
  const Counts before = update_counts();
  std::vector<at::Tensor> kept;
  try {
    executor_.set_sink(nullptr);
    const std::vector<at::Tensor> values = executor_.forward(batch, kTrainingMode);
    auto gradients = gradients_of(demands(values));
    kept = kept_values(values);
    update_all(std::move(gradients), values);
  } catch (...) {
    add_counts(difference(before, update_counts()));
    throw;
  }
  // Nothing was done yet: each replay counts.
  const Counts updates = difference(update_counts(), before);
  add_counts(difference(before, update_counts()));
  return {std::move(kept), [this, updates] { add_counts(updates); }};
}

Counts TrainingStep::update_counts() const {
  Counts counts;
  for (const auto& updater : updaters_) counts.push_back(updater->counts());
  return counts;
}

void TrainingStep::add_counts(const Counts& more) {
  for (size_t i = 0; i < updaters_.size(); ++i) updaters_[i]->add_counts(more[i]);
}

}  // namespace orrery
