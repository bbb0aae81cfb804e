// The part of Executor that computes gradients behind a forward pass, by autograd or by the static plan.
#include <utility>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "runtime/engine/execution/executor.h"
#include "runtime/engine/kernels/layer_tensors.h"
#include "runtime/engine/torch_error.h"

namespace orrery {
namespace {

// Undefined for a leaf that is frozen or that the loss does not depend on.
std::vector<at::Tensor> gradients_of(const at::Tensor& loss, const std::vector<at::Tensor>& leaves,
                                     bool keep_graph) {
  std::vector<at::Tensor> trained;
  for (const at::Tensor& leaf : leaves) {
    if (leaf.requires_grad()) trained.push_back(leaf);
  }
  std::vector<at::Tensor> found;
  if (!trained.empty()) found = torch::autograd::grad({loss}, trained, {}, keep_graph, false, true);
  std::vector<at::Tensor> gradients;
  size_t next = 0;
  for (const at::Tensor& leaf : leaves)
    gradients.push_back(leaf.requires_grad() ? found[next++] : at::Tensor());
  return gradients;
}

}  // namespace

std::vector<std::vector<at::Tensor>> Executor::backward(const std::vector<Demand>& demands, bool keep_graph) {
  const Engine::Turn turn(engine_);
  if (sink_) sink_->begin_backward();
  try {
    std::vector<std::vector<at::Tensor>> gradients;
    for (size_t i = 0; i < demands.size(); ++i) {
      check(demands[i].loss.requires_grad(), Fault::run,
            "the loss does not depend on anything that is trained");
      const std::vector<at::Tensor> leaves = leaves_of(engine_, demands[i].parameters);
      gradients.push_back(gradients_of(demands[i].loss, leaves, keep_graph || i + 1 < demands.size()));
    }
    std::vector<const std::vector<ParameterPtr>*> parameters;
    for (const Demand& demand : demands) parameters.push_back(&demand.parameters);
    if (watch_) look_at(parameters, gradients);
    if (sink_) report(parameters, gradients);
    return gradients;
  } catch (const std::exception&) {
    if (sink_) sink_->abandon_step();
    rethrow_as_error(std::current_exception(),
                     fmt::format("the backward pass of graph '{}' failed", graph_.name()));
  }
}

std::vector<std::vector<at::Tensor>> Executor::backward(const std::vector<at::Tensor>& losses, double seed) {
  invariant(tape_ && losses.size() == due_.size(), "a backward pass of another forward pass");
  const Engine::Turn turn(engine_);
  if (sink_) sink_->begin_backward();
  Tape& tape = *std::exchange(tape_, nullptr);
  try {
    std::vector<std::vector<at::Tensor>> gradients;
    std::vector<const std::vector<ParameterPtr>*> parameters;
    for (size_t i = 0; i < due_.size(); ++i) {
      gradients.push_back(tape.backward(i, losses[i], seed, i + 1 < due_.size(), sink_));
      parameters.push_back(&objectives_[due_[i]].parameters);
    }
    tape.clear();
    if (watch_) look_at(parameters, gradients);
    if (sink_) report(parameters, gradients);
    return gradients;
  } catch (...) {
    tape.clear();
    if (sink_) sink_->abandon_step();
    throw;
  }
}

void Executor::look_at(const std::vector<const std::vector<ParameterPtr>*>& parameters,
                       const std::vector<std::vector<at::Tensor>>& gradients) const {
  for (size_t i = 0; i < parameters.size(); ++i)
    for (size_t p = 0; p < gradients[i].size(); ++p) {
      const Parameter& parameter = *(*parameters[i])[p];
      watch_->see_gradient(parameter, parameter.name, gradients[i][p]);
    }
}

void Executor::report(const std::vector<const std::vector<ParameterPtr>*>& parameters,
                      const std::vector<std::vector<at::Tensor>>& gradients) {
  if (!sink_->wants_tensors()) return sink_->end_backward({}, {});
  std::vector<ParameterPtr> all;
  std::vector<at::Tensor> flat;
  for (size_t i = 0; i < parameters.size(); ++i) {
    all.insert(all.end(), parameters[i]->begin(), parameters[i]->end());
    flat.insert(flat.end(), gradients[i].begin(), gradients[i].end());
  }
  sink_->end_backward(all, flat);
}

}  // namespace orrery
