#pragma once

#include <optional>
#include <vector>

#include "runtime/engine/data/loader.h"
#include "runtime/engine/execution/symbols.h"
#include "runtime/engine/training/save.h"
#include "runtime/governors/manager.h"
#include "runtime/graph/runtime.h"

namespace orrery {

/// Computes the values that a run's savers write: for the batch that the run worked on last, in training or
/// in validation, with the weights as they are, as `evaluate_values` does. The run goes on as if nothing had
/// been computed: random numbers and states of the graph stay what they are. Runtime, graph and manager
/// outlive it.
class SavedValues {
 public:
  SavedValues(Runtime& runtime, const Graph& graph, const Manager& manager);

  /// The run works on this batch: it is kept, without a copy, where a saver may ask for it.
  void see(const Minibatch& batch);
  /// A saver may ask for a batch, and the run has worked on none.
  bool lacks_batch() const { return wanted_ && !batch_; }

  /// The tensors of a saver's values under their names.
  std::vector<NamedTensor> of(const Saver& saver) const;

 private:
  Runtime& runtime_;
  const Graph& graph_;
  const Manager& manager_;
  bool wanted_ = false;
  std::optional<Batch> batch_;
};

}  // namespace orrery
