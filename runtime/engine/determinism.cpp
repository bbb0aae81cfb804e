#include "runtime/engine/determinism.h"

#include <ATen/Context.h>

#include "runtime/engine/engine.h"

namespace orrery {

std::optional<Determinism> Determinism::asked(const Attributes& options) {
  if (options.is_text("deterministic")) return warning();
  return options.boolean("deterministic") ? std::optional(strict()) : std::nullopt;
}

std::optional<std::string> words_for_nondeterminism(const std::string& warning) {
  if (warning.find("CUBLAS_WORKSPACE_CONFIG") != std::string::npos)
    return "products of matrices on CUDA may differ from run to run; they do not with "
           "CUBLAS_WORKSPACE_CONFIG=:4096:8 in the environment";
  const size_t end = warning.find(", but you set 'torch.use_deterministic_algorithms(True, warn_only=True)'");
  if (end == std::string::npos) return std::nullopt;
  return warning.substr(0, end) + ": its numbers may differ from run to run";
}

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

DeterministicTurns::DeterministicTurns(Engine& engine, const std::optional<Determinism>& asked)
    : engine_(engine) {
  if (!asked) return;
  before_ = engine_.determinism();
  engine_.set_determinism(*asked);
}

DeterministicTurns::~DeterministicTurns() {
  if (before_) engine_.set_determinism(*before_);
}

}  // namespace orrery
