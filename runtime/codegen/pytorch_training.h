#pragma once

#include <set>
#include <string>
#include <vector>

#include "runtime/governors/manager.h"

namespace orrery {

/// A class of a model's code, as a training script calls it.
struct PytorchCallee {
  std::string name;          ///< `Digits`
  std::vector<Value> reads;  ///< its arguments
  std::vector<Value> gives;  ///< its results
};

/// What a model's code needs beside its classes to train as the graph's manager would.
struct PytorchTraining {
  std::set<std::string> imports;  ///< lines
  std::string code;               ///< functions, and the program's `main`
  /// What PyTorch has no counterpart for: functions that raise NotImplementedError stand in their places.
  std::vector<std::string> gaps;
};

/// Names of classes that a training script may have or import itself.
const std::set<std::string>& pytorch_training_names();

/// The manager that trains the graph from data, each of its optimizers by a loss; null for a graph without.
const Manager* training_manager(const Graph& graph);

/// `judge`: the class that reads labels; null where no node does.
PytorchTraining pytorch_training(const Graph& graph, const Manager& manager, const PytorchCallee& model,
                                 const PytorchCallee* judge);

}  // namespace orrery
