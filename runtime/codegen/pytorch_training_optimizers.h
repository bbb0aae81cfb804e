#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/codegen/pytorch_training.h"

namespace orrery {

/// The weights of a graph that fulfil something, as a person would reach them from `model` and `loss_fn`:
/// `model.features`, `model.head.weight`; a module where all of its weights are meant.
struct PytorchWeights {
  struct Part {
    std::string text;
    bool is_module = false;
  };
  std::vector<Part> parts;
  bool all = false;  ///< of the model, without those of the loss

  /// What gives them to an optimizer: `model.parameters()`, `[*model.a.parameters(), model.b]`.
  std::string text() const;
};

/// `counts`: which weights matter; of them those that are `meant`. `judge`: the layers of the loss.
PytorchWeights pytorch_weights(const Graph& graph, const std::function<bool(const Parameter&)>& counts,
                               const std::function<bool(const Parameter&)>& meant,
                               const std::function<bool(const Layer&)>& judge);

/// `torch.optim.AdamW(model.parameters(), lr=0.001)`, of groups with what is theirs alone.
std::string pytorch_optimizer(const Graph& graph, const Optimizer& optimizer,
                              const std::function<bool(const Layer&)>& judge);

/// `lr_scheduler.StepLR(optimizer, step_size=10)`; `optimizer`: its name there.
std::string pytorch_schedule(const Schedule& schedule, const std::string& optimizer, PytorchTraining& script);

}  // namespace orrery
