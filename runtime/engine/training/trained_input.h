#pragma once

#include <vector>

#include "runtime/engine/data/loader.h"
#include "runtime/engine/engine.h"

namespace orrery {

/// The fields of a graph's input that are trained themselves (`Graph::train`), while one run goes on. Each
/// has a tensor of all samples, which gets its first values from the data when none has been kept yet, and
/// then stands in for what the data give. Graph and engine outlive it; one thread.
class TrainedInput {
 public:
  /// Makes room for those that have no values yet: optimizers want their tensors before data are read.
  TrainedInput(Engine& engine, const Graph& graph);
  /// Takes the room away again from those that were not kept: the next run reads their data.
  ~TrainedInput();
  TrainedInput(const TrainedInput&) = delete;
  TrainedInput& operator=(const TrainedInput&) = delete;

  /// Copies the loader's first batch into those that have no values yet; the loader gives it again.
  /// REQUIRES: the rule `input-in-batches` holds.
  void read(Loader& loader);
  /// What was read stays with the graph, as it is trained from now on.
  void keep();

  /// Puts the tensors in place of a training batch's fields.
  void put_into(Minibatch& batch) const;

 private:
  Engine& engine_;
  std::vector<ParameterPtr> fields_;
  std::vector<ParameterPtr> empty_;  ///< those of them that have no values to be kept
  bool read_ = false;
};

}  // namespace orrery
