#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/execution/executor.h"
#include "runtime/engine/training/evaluation.h"
#include "runtime/graph/results.h"

namespace orrery {

/// Some values of a graph, ready to be computed for one batch after another, in evaluation mode and without
/// gradients: `g:compile()`. What is planned for a batch's sizes is kept for the next of these sizes (of the
/// last eight); weights are kept in the order in which products read them, where that is faster, and anew
/// after they changed. Used by one thread at a time.
class CompiledGraph {
 public:
  /// REQUIRES: the graph is finalized; the runtime outlives this. Throws `Error(Fault::usage)` for a device
  /// that there is not.
  CompiledGraph(Runtime& runtime, std::shared_ptr<const Graph> graph, std::vector<Result> results,
                const std::string& device, const Computing& computing = {});

  /// The values' tensors for a batch with at least the fields of `needed`. States begin with their first
  /// values.
  std::vector<at::Tensor> compute(const Batch& batch);

  const Graph& graph() const { return *graph_; }
  const std::vector<Result>& results() const { return results_; }
  /// Which fields of the graph's input are read; empty without an input.
  const std::vector<bool>& needed() const { return needed_; }

 private:
  Engine& engine_;
  std::shared_ptr<const Graph> graph_;
  std::vector<Result> results_;
  std::vector<bool> needed_;
  at::Device device_;
  Computing computing_;
  Executor executor_;
};

}  // namespace orrery
