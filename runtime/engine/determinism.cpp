#include "runtime/engine/determinism.h"

#include <ATen/Context.h>

#include "runtime/engine/engine.h"

namespace orrery {

Determinism Determinism::of_process() {
  const at::Context& context = at::globalContext();
  return {.algorithms = context.deterministicAlgorithms(),
          .only_warns = context.deterministicAlgorithmsWarnOnly(),
          .cudnn = context.deterministicCuDNN(),
          .benchmark = context.benchmarkCuDNN()};
}

void Determinism::set_in_process() const {
  at::Context& context = at::globalContext();
  context.setDeterministicAlgorithms(algorithms, only_warns);
  context.setDeterministicCuDNN(cudnn);
  context.setBenchmarkCuDNN(benchmark);
}

DeterministicTurns::DeterministicTurns(Engine& engine, bool asked) : engine_(engine) {
  if (!asked) return;
  before_ = engine_.determinism();
  engine_.set_determinism(Determinism::strict());
}

DeterministicTurns::~DeterministicTurns() {
  if (before_) engine_.set_determinism(*before_);
}

}  // namespace orrery
