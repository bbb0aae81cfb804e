#pragma once

#include <string>
#include <vector>

#include "runtime/engine/profile/aggregate.h"
#include "runtime/engine/profile/allocated_memory.h"
#include "runtime/engine/profile/device_times.h"
#include "runtime/engine/profile/step_sizes.h"
#include "runtime/graph/graph.h"

namespace orrery {

/// What the units of a graph cost in the steps of an epoch: its blocks that have nodes; or its nodes, and
/// their blocks with them.
class UnitProfiles {
 public:
  /// The graph outlives it.
  UnitProfiles(const Graph& graph, bool by_node);

  size_t units() const { return of_units_.size(); }
  /// By the id of a node.
  const std::vector<int>& unit_of() const { return by_node_ ? numbers_ : block_of_; }

  /// What a unit took in the step, in nanoseconds; the second only `with_backward`.
  void add_times(int unit, std::int64_t forward, std::int64_t backward, bool with_backward);
  /// The step whose times were added is over.
  void end_step(bool with_backward);
  void add_device_times(const DeviceTimes::OfStep& seconds);
  void add_sizes(const StepSizes& settled);
  /// What is allocated, of which a plan holds some, is somebody's or the remainder.
  void reconcile(const AllocatedMemory& allocated, std::int64_t held);

  std::vector<NodeProfile> nodes() const;
  /// By block path; the next epoch begins.
  std::vector<BlockProfileRecord> take_blocks();

 private:
  /// What a block's nodes took in one step.
  struct StepOfBlock {
    std::int64_t forward = 0, backward = 0;
    bool ran = false;
  };

  std::vector<UnitProfile>& of_blocks() { return by_node_ ? of_blocks_ : of_units_; }
  size_t block_of(int node) const { return static_cast<size_t>(block_of_[static_cast<size_t>(node)]); }
  void add_shares(const StepSizes& settled);

  const Graph& graph_;
  const bool by_node_;
  std::vector<const Block*> blocks_;
  std::vector<int> numbers_, block_of_;  ///< by the id of a node: itself, and the place of its block
  std::vector<UnitProfile> of_units_;
  std::vector<UnitProfile> of_blocks_;  ///< where units are nodes
  UnitProfile of_graph_;                ///< what belongs to no block
  std::vector<StepOfBlock> step_of_block_;
};

}  // namespace orrery
