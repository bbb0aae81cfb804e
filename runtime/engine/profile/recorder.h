#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/engine/profile/aggregate.h"
#include "runtime/engine/profile/allocated_memory.h"
#include "runtime/engine/profile/device_marks.h"
#include "runtime/engine/profile/profile_sink.h"
#include "runtime/engine/profile/timeline.h"
#include "runtime/governors/profile_choice.h"
#include "runtime/graph/graph.h"
#include "runtime/history/records.h"

namespace orrery {

/// Measures what every block of a graph, or every node, costs step by step, and how long the parts of a step
/// take; keeps count, minimum, maximum, mean, sum and quantiles per epoch.
///
/// Times are wall times. A node's time goes on until another's begins, so it has what the executor does
/// behind it. Of nodes that are computed side by side each has its own, so that their sum is more than the
/// step took. Backward time belongs to the node whose output's gradient arrived last, or that is computed
/// again. The time of a pass over memory that computes several nodes is split over them by what each is
/// predicted to cost, the larger of its FLOPs and its bytes moved, and `fused_share` tells so of a node.
///
/// Bytes are counted by storage, each storage once in the step, at the node that made it first: a view, an
/// in-place result or a shared weight adds nothing; the storages of parameters and buffers (`lmu`) are never
/// counted as outputs (`tmu`). `peak` is the highest sum of what was allocated on the calling thread since
/// the step began, read while the node ran, forward or backward; `scratch` what of it was given back before
/// the node ended. FLOPs and bytes moved are those of the forward pass. What the body of a loop costs is the
/// sum over its steps. Bytes and FLOPs are measured in the first step of the run's first and second epoch
/// that has such sizes and such a plan, and taken to be the same in all others like it; memory is watched in
/// no other.
///
/// Of a graph that runs on an accelerator, `device_seconds` is what the device took for a node, forward and
/// backward: the time from where its work begins in the device's queue to where another's does. Nobody waits
/// for it; a step counts in the epoch in which the device was seen to be done with it.
///
/// Every instant belongs to one part of a step (`StepPart`), `other` among them, so that the parts add up to
/// the step. Used by one thread.
class Recorder : public ProfileSink {
 public:
  /// REQUIRES: the graph is finalized and outlives the recorder; the level is not `off`.
  explicit Recorder(const Graph& graph, ProfileChoice choice = {}, ProfileClock clock = {});
  ~Recorder() override;

  const ProfileChoice& choice() const;

  /// The times of a device are wanted, too; null: they are not. To be called before the first step.
  void set_device(std::unique_ptr<DeviceMarks> marks);

  /// Bytes of state that an optimizer keeps for a parameter, from now on.
  void set_optimizer_bytes(const Parameter& parameter, std::int64_t bytes);

  /// What the allocator of the run's device has handed out, now and at the most: `take_epoch` then also tells
  /// of the graph itself what of it belongs to no layer, no optimizer and no plan.
  void set_allocated(const AllocatedMemory& memory);

  /// From now on time belongs to that part; gives the one before.
  StepPart enter(StepPart part);
  /// The next step begins here if `begin_run_step` comes.
  void mark();
  /// The step that is open ends at the mark, and this one of the run (from 1) begins. Before the first step
  /// nothing is kept.
  void begin_run_step(std::int64_t number);
  /// The step that is open ends here, and none begins.
  void end_run_step();

  /// Ends the step and hands out the epoch's records by block path (a block's own nodes, without the blocks
  /// inside it); the next epoch begins. Quantities that were never measured are left out.
  std::vector<BlockProfileRecord> take_epoch();
  /// The same by node; none at level `block`. To be called before take_epoch.
  std::vector<NodeProfile> nodes();
  /// Of the steps of the run that ended since the last time, and of the open one as if it ended here.
  std::vector<PartProfileRecord> parts_so_far();
  /// Of the steps of the run that ended since the last time.
  std::vector<PartProfileRecord> take_parts();
  /// Since the last time; empty but at level `kernel`.
  std::vector<KernelProfileRecord> take_kernels();
  /// The pieces of the window's steps that have ended; empty but at level `step`.
  std::vector<StepSpanRecord> take_spans();

  void begin_step(const std::map<std::string, std::int64_t>& symbols, std::uint64_t way) override;
  NodeClock* clock() override;
  void fused(const Node& node, const Node& with) override;
  bool wants_tensors() const override;
  void holds(std::int64_t bytes) override;
  void begin_node(const Node& node) override;
  void end_node(const Node& node, std::span<const at::Tensor> inputs, std::span<const at::Tensor> outputs,
                bool records) override;
  void begin_side_by_side() override;
  void took(double seconds) override;
  void end_forward() override;
  void begin_backward() override;
  void gradients_arrive(const Node& node, std::span<const at::Tensor> gradients) override;
  void gradient_complete(const Parameter& parameter, const at::Tensor& gradient) override;
  void begin_again(const Node& node) override;
  void end_again(const Node& node, std::span<const at::Tensor> inputs, std::span<const at::Tensor> outputs,
                 bool records) override;
  void end_backward(std::span<const ParameterPtr> parameters, std::span<const at::Tensor> gradients) override;
  void abandon_step() override;

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< shared with the hooks in LibTorch's recorded graph
};

}  // namespace orrery
