#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/execution/precision.h"
#include "runtime/engine/training/followed.h"
#include "runtime/governors/manager.h"
#include "runtime/graph/runtime.h"

namespace orrery {

/// The followed numbers of a whole set.
struct Evaluation {
  std::vector<NamedNumber> numbers;
  std::int64_t samples = 0;
  double seconds = 0;
};

/// How a set is computed.
struct Computing {
  Precision precision = {};
  bool deterministic = false;
  /// As the manager's options say.
  static Computing of(const Manager& manager);
};

/// Losses and metrics of a manager over a source, in evaluation mode, without recording gradients, on the
/// manager's device, in its precision. The stop flag is honoured within a step (`Stopped`). REQUIRES: the
/// graph is finalized.
Evaluation evaluate(Runtime& runtime, const Graph& graph, const Manager& manager, const DataSource& source);

/// Some values of a graph for every sample of a source, in the source's own order, whatever its `shuffle`
/// says: one tensor a value on the CPU, the batches joined along the first dimension (a scalar gives one
/// number a batch). Only what the values need is computed, so a label that nothing reads may be anything.
std::vector<at::Tensor> predict(Runtime& runtime, const Graph& graph, const std::vector<Value>& values,
                                const DataSource& source, const std::string& device = "auto",
                                const Computing& computing = {});

}  // namespace orrery
