#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/engine/engine.h"
#include "runtime/engine/training/parameter_statistics.h"
#include "runtime/engine/training/update_statistics.h"
#include "runtime/governors/manager.h"

namespace orrery {

/// The statistics of gradients and weights that a manager asks for with `log_gradients` and `log_weights`.
/// Engine and graph outlive it.
class RunStatistics {
 public:
  RunStatistics(Engine& engine, const Graph& graph, const Manager& manager);

  /// The gradients of one optimizer before an update, as they are before clipping. `made`: the update is not
  /// left out.
  void see_gradients(const std::vector<ParameterPtr>& parameters, const std::vector<at::Tensor>& gradients,
                     bool made);
  /// All optimizers have been updated.
  void update_done();
  /// At the end of an epoch: looks at the weights, and gives all of the epoch's numbers.
  std::vector<NamedNumber> take_epoch();
  /// The same looks at gradients as costs of blocks, with how much the updates changed; none unless gradients
  /// are looked at by block. At the end of an epoch.
  std::vector<BlockProfileRecord> take_blocks();

  void save(Checkpoint& to) const;
  void load(const Checkpoint& from);

 private:
  Engine& engine_;
  std::int64_t every_ = 1;
  std::int64_t updates_ = 0;  ///< in the epoch
  std::vector<ParameterPtr> weights_;
  std::optional<ParameterStatistics> gradients_, of_weights_;
  std::optional<UpdateStatistics> by_block_;
};

}  // namespace orrery
