#pragma once

#include <string>
#include <vector>

#include "runtime/engine/execution/finite_watch.h"
#include "tests/engine/training/experiment.h"

namespace orrery::testing {

/// Has all updates wait, and does nothing else.
struct Looking : TrainingEvents {
  bool looks_before_update() const override { return true; }
};

inline Value transformed(Experiment& run, const std::string& operation, std::vector<Value> inputs,
                         const Given& options = {}) {
  const Descriptor& descriptor = operations().get(operation);
  return run.graph.apply(descriptor, checked_attributes(descriptor.attributes, options), std::move(inputs))
      .at(0);
}

inline void freeze(Experiment& run, const std::string& prefix, bool frozen = true) {
  for (const Graph::Entry& entry : run.graph.state())
    if (entry.key.starts_with(prefix)) entry.parameter->trainable = !frozen;
}

/// One step of the run by hand; how many parameters it updated within its backward pass.
inline size_t early_in_one_step(Experiment& run, TrainingEvents* events = nullptr) {
  Engine& engine = Engine::of(run.runtime);
  TrainingStep step(engine, run.graph, run.manager(), at::kCPU, false);
  step.set_events(events);
  const FiniteWatch watch;
  if (run.manager().options().boolean("detect_nan")) step.set_watch(&watch);
  const Engine::Turn turn(engine);
  Loader loader = make_loader(*run.train, 1, at::kCPU);
  loader.begin(1);
  const auto batch = loader.next();
  step.update(step.forward(*batch), *batch, false);
  return step.early_updates();
}

}  // namespace orrery::testing
