#include "runtime/engine/training/step_start.h"

#include <unordered_set>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/training/generators.h"

namespace orrery {

StepStart::StepStart(Engine& engine, Executor& executor) : engine_(engine), executor_(executor) {
  std::unordered_set<const Parameter*> seen;
  for (const Graph::Entry& entry : executor.graph().state(nullptr, true))
    if (entry.parameter->buffer && seen.insert(entry.parameter.get()).second)
      buffers_.push_back(entry.parameter);
  for (const auto& node : executor.graph().nodes())
    draws_ = draws_ || (node->descriptor() && (node->descriptor()->draws || node->descriptor()->own));
}

void StepStart::remember() {
  const Engine::Turn turn(engine_);
  const c10::NoGradGuard no_grad;
  copies_.resize(buffers_.size());
  for (size_t i = 0; i < buffers_.size(); ++i) {
    const at::Tensor now = engine_.tensor(buffers_[i]);
    if (copies_[i].defined() && copies_[i].device() == now.device())
      copies_[i].copy_(now);
    else
      copies_[i] = now.clone();
  }
  if (draws_) generators_.tensors = generator_states(engine_);
  states_ = executor_.training_states();
}

void StepStart::put_back() {
  const Engine::Turn turn(engine_);
  const c10::NoGradGuard no_grad;
  for (size_t i = 0; i < buffers_.size(); ++i) {
    at::Tensor now = engine_.tensor(buffers_[i]);
    now.copy_(copies_[i]);
  }
  if (draws_) set_generator_states(engine_, generators_);
  executor_.set_training_states(states_);
}

}  // namespace orrery
