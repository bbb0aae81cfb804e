#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/determinism.h"
#include "runtime/engine/execution/precision.h"
#include "runtime/engine/execution/symbols.h"
#include "runtime/engine/training/followed.h"
#include "runtime/governors/manager.h"
#include "runtime/graph/plan_passes.h"
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
  std::optional<Determinism> deterministic = {};  ///< none: as fast as can be
  std::optional<std::uint64_t> seed = {};  ///< of sources without one; none: that of the engine's generators
  PassSet passes = {};
  /// As the manager's options say.
  static Computing of(const Manager& manager);
};

/// Losses and metrics of a manager over a source, in evaluation mode, without recording gradients, on the
/// manager's device, in its precision. The stop flag is honoured within a step (`Stopped`). REQUIRES: the
/// graph is finalized.
Evaluation evaluate(Runtime& runtime, const Graph& graph, const Manager& manager, const DataSource& source);

/// Some values of a graph for a batch of a source.
struct PredictedBatch {
  std::vector<at::Tensor> values;  ///< on the CPU, in the order asked for
  std::int64_t first = 0;          ///< number of the batch's first sample, from 0
  std::int64_t samples = 0;        ///< in the batch
  std::int64_t all = 0;            ///< samples that the source has
};
using VisitPrediction = std::function<void(const PredictedBatch&)>;

/// Visits every sample of a source in its own order, whatever its `shuffle` and `drop_last` say, batch by
/// batch: memory is that of one batch. `batch`: samples a batch; none: the source's own. Only what the values
/// need is computed, so a label that nothing reads may be missing.
void for_each_prediction(Runtime& runtime, const Graph& graph, const std::vector<Value>& values,
                         const DataSource& source, const std::string& device, const Computing& computing,
                         std::optional<std::int64_t> batch, const VisitPrediction& visit);

/// Some values of a graph for one batch, in evaluation mode and without recording gradients: only what they
/// need is computed. `batch` holds at least the fields that are read. REQUIRES: the graph is finalized.
std::vector<at::Tensor> evaluate_values(Runtime& runtime, const Graph& graph,
                                        const std::vector<Value>& values, const Batch& batch,
                                        const std::string& device, const Computing& computing = {});

/// Some values of a graph for every sample of a source, in the source's own order, whatever its `shuffle`
/// says: one tensor a value on the CPU, the batches joined along the first dimension (a scalar gives one
/// number a batch). Only what the values need is computed, so a label that nothing reads may be anything.
std::vector<at::Tensor> predict(Runtime& runtime, const Graph& graph, const std::vector<Value>& values,
                                const DataSource& source, const std::string& device = "auto",
                                const Computing& computing = {},
                                std::optional<std::int64_t> batch = std::nullopt);

}  // namespace orrery
