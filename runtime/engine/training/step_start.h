#pragma once

#include <vector>

#include "runtime/engine/execution/executor.h"
#include "runtime/engine/training/checkpoint.h"

namespace orrery {

/// What a step changes before its update: random numbers, the buffers of layers, the states. Remembered when
/// a step begins, so that a step for which memory was missing can be done again with the same result. Engine
/// and executor outlive it.
class StepStart {
 public:
  StepStart(Engine& engine, Executor& executor);

  void remember();
  void put_back();

 private:
  Engine& engine_;
  Executor& executor_;
  std::vector<ParameterPtr> buffers_;
  std::vector<at::Tensor> copies_;  ///< of the buffers
  bool draws_ = false;              ///< some node takes random numbers, or may
  Checkpoint generators_;
  CarriedTensors states_;
};

}  // namespace orrery
