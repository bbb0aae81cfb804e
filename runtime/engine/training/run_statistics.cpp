#include "runtime/engine/training/run_statistics.h"

#include <unordered_set>

#include <ATen/ATen.h>

namespace orrery {

RunStatistics::RunStatistics(Engine& engine, const Graph& graph, const Manager& manager) : engine_(engine) {
  const auto asked = [&](const char* group, const char* what,
                         std::optional<ParameterStatistics>& statistics) {
    const Attributes* options = manager.group(group);
    if (options) statistics.emplace(graph, what, options->text("by") == "block");
    return options;
  };
  if (const Attributes* options = asked("log_gradients", "gradients", gradients_))
    every_ = options->integer("every");
  if (const Attributes* options = manager.group("log_gradients"); options && options->text("by") == "block")
    by_block_.emplace(engine, graph);
  if (!asked("log_weights", "weights", of_weights_)) return;
  std::unordered_set<const Parameter*> seen;
  for (const Graph::Entry& entry : graph.state())
    if (!entry.parameter->buffer && seen.insert(entry.parameter.get()).second)
      weights_.push_back(entry.parameter);
}

void RunStatistics::see_gradients(const std::vector<ParameterPtr>& parameters,
                                  const std::vector<at::Tensor>& gradients, bool made) {
  if (!gradients_ || updates_ % every_ != 0) return;
  gradients_->see(parameters, gradients);
  if (by_block_) by_block_->before_update(parameters, gradients, made);
}

void RunStatistics::update_done() {
  if (gradients_) gradients_->end_look();
  if (by_block_) by_block_->after_update();
  ++updates_;
}

std::vector<BlockProfileRecord> RunStatistics::take_blocks() {
  return by_block_ ? by_block_->take_epoch() : std::vector<BlockProfileRecord>();
}

std::vector<NamedNumber> RunStatistics::take_epoch() {
  updates_ = 0;
  std::vector<NamedNumber> numbers;
  if (gradients_) numbers = gradients_->take_epoch();
  if (!of_weights_) return numbers;
  const Engine::Turn turn(engine_);
  std::vector<at::Tensor> tensors;
  for (const ParameterPtr& parameter : weights_) tensors.push_back(engine_.tensor(parameter));
  of_weights_->see(weights_, tensors);
  for (NamedNumber& number : of_weights_->take_epoch()) numbers.push_back(std::move(number));
  return numbers;
}

void RunStatistics::save(Checkpoint& to) const {
  if (!gradients_) return;
  to.numbers["statistics.updates"] = static_cast<double>(updates_);
  gradients_->save(to);
}

void RunStatistics::load(const Checkpoint& from) {
  // A checkpoint of a run that did not look has none.
  if (!gradients_ || !from.numbers.contains("statistics.updates")) return;
  updates_ = from.count("statistics.updates");
  gradients_->load(from);
}

}  // namespace orrery
