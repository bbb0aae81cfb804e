#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/codegen/pytorch_training.h"

namespace orrery {

/// What a run does beside its steps, and how its code calls it.
struct PytorchLoop {
  /// A number that is followed: its name among an epoch's numbers.
  struct Monitored {
    std::string name;
    bool larger_is_better = false;
  };

  const Graph& graph;
  const Manager& manager;
  PytorchCallee model;
  std::optional<PytorchCallee> judge;
  std::vector<std::string> losses;      ///< of each optimizer, its name among the numbers
  std::vector<std::string> optimizers;  ///< what makes them
  std::vector<std::string> parameters;  ///< of each optimizer: what gives them
  std::vector<std::string> schedules;   ///< what makes them
  std::vector<std::string> frozen;      ///< statements that freeze weights
  bool validates = false;
  bool has_metrics = false;  ///< of torchmetrics
  bool has_lists = false;    ///< some of its numbers are several
  bool trains_loss = false;  ///< weights of the loss are trained

  bool several() const { return optimizers.size() > 1; }
  const Attributes& options() const { return manager.options(); }
  /// What `options`, or else the manager's, monitor; nothing for a number that the script logs.
  std::optional<Monitored> monitored(const Attributes& options) const;
  /// `model, loss_fn`
  std::string callees() const;
};

/// What a run does that its code leaves out.
std::vector<std::string> pytorch_loop_gaps(const PytorchLoop& loop);

/// `train_epoch` and `evaluate`.
std::string pytorch_epochs(const PytorchLoop& loop, PytorchTraining& script);

/// `main`, and the call of it.
std::string pytorch_main(const PytorchLoop& loop, PytorchTraining& script);

}  // namespace orrery
