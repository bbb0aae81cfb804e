#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/core/shape.h"
#include "runtime/engine/profile/aggregate.h"
#include "runtime/engine/profile/fused_passes.h"
#include "runtime/engine/profile/storage_ledger.h"
#include "runtime/graph/graph.h"

namespace orrery {

/// What steps that are computed in the same way, with the same sizes, have alike: bytes and FLOPs by unit,
/// and which nodes one pass computes.
struct StepSizes {
  FusedPasses fused;
  std::vector<Costs> costs;  ///< by unit
  std::vector<bool> nodes;   ///< by id: the node ran
  std::vector<int> units;    ///< those of them
  std::int64_t calls = 0;    ///< of nodes in the forward pass
  bool forward_known = false, backward_known = false;
  std::int64_t steps = 0, backward_steps = 0;  ///< that had them, since they were settled
  bool again = true;                           ///< is measured once more when they are settled
};

/// Measures the sizes of a step by the storages of its tensors, and keeps them for the steps like it. They
/// are measured in the first such step, and once more in the first one after they were settled: what is
/// allocated once for all is not there any more. A unit is a node, or a block. Where the script computes
/// nodes itself, or the data tell sizes, each step is measured.
class SizeMeter {
 public:
  using Settle = std::function<void(const StepSizes&)>;
  /// `unit_of`: by node id. `settle`: is given the sizes of the steps that count, sometime. The graph
  /// outlives it.
  SizeMeter(const Graph& graph, std::vector<int> unit_of, size_t units, Settle settle);

  /// A step begins.
  void begin(const std::map<std::string, std::int64_t>& symbols, std::uint64_t way);
  bool measures_forward() const { return !step_->forward_known; }
  bool measures_backward() const { return !step_->backward_known; }
  /// The passes of the step that compute several nodes at once.
  const FusedPasses& fused() const { return step_->fused; }

  // Of a pass that it measures.

  /// The pass that computes `by` computes the node, too.
  void fuse(int node, int by);
  void begin_node(int node);
  void end_node(const Node& node, std::span<const at::Tensor> outputs);
  void gradients_arrive(const Node& node, std::span<const at::Tensor> gradients);
  void gradient_arrives(const Parameter& parameter, const at::Tensor& gradient);
  /// The unit ran: the highest sum of bytes meanwhile, and what of it was given back before it ended.
  void memory(int unit, std::int64_t peak, std::int64_t scratch);

  /// The step is over and counts. `calls` of nodes: where there were others than in the step that was
  /// measured, nobody has the sizes, and the next step like it is measured. Gives the units that ran.
  const std::vector<int>& count(std::int64_t calls, bool had_backward);
  void abandon();

  /// Bytes of state that an optimizer keeps for a parameter, from now on.
  void set_optimizer_bytes(const Parameter& parameter, std::int64_t bytes);
  /// Hands out the sizes of the steps that count.
  void settle();

 private:
  using Key = std::pair<std::map<std::string, std::int64_t>, std::uint64_t>;

  StepSizes unknown() const;
  void exclude_parameters();
  void add_given(StepSizes& sizes) const;
  void forget();
  double of_step(const std::vector<Dim>& sizes, int node) const {
    return static_cast<double>(sizes[static_cast<size_t>(node)].evaluate(key_->first).value_or(0));
  }
  double& cost(int node, Quantity quantity) {
    return step_->costs[static_cast<size_t>(unit_of_[static_cast<size_t>(node)])][index_of(quantity)];
  }

  const std::vector<int> unit_of_;
  const size_t units_;
  const Settle settle_;
  const std::unordered_map<const Parameter*, int> owners_;  ///< nodes
  std::vector<Dim> flops_, moved_;                          ///< by node
  bool always_;
  std::unordered_map<const Parameter*, std::int64_t> optimizer_bytes_;
  std::map<Key, StepSizes> known_;
  const Key* key_ = nullptr;
  StepSizes* step_ = nullptr;
  std::vector<int> units_of_last_;
  bool fresh_ = true;
  StorageLedger ledger_;
};

}  // namespace orrery
