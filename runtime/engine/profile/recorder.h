#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/engine/profile/profile_sink.h"
#include "runtime/graph/graph.h"
#include "runtime/history/records.h"

namespace orrery {

/// What one node cost in the steps of one epoch.
struct NodeProfile {
  std::string path;
  std::string operation;
  std::vector<BlockProfileRecord> quantities;  ///< `path` is the node's
};

/// Measures what every node and block of a graph costs, step by step, and keeps count, minimum, maximum, mean
/// and sum per epoch.
///
/// Times are wall times. Backward time belongs to the node whose output's gradient arrived last, or that is
/// computed again. Bytes are
/// counted by storage, each storage once in the step, at the node that made it first: a view, an in-place
/// result or a shared weight adds nothing; the storages of parameters and buffers (`lmu`) are never counted
/// as outputs (`tmu`). `peak` is the highest sum of what was allocated on the calling thread since the step
/// began, read while the node ran, forward or backward. FLOPs are those of the forward pass. What the
/// body of a loop costs is the sum over its steps.
class Recorder : public ProfileSink {
 public:
  /// REQUIRES: the graph is finalized and outlives the recorder.
  explicit Recorder(const Graph& graph);
  ~Recorder() override;

  /// Bytes of state that an optimizer keeps for a parameter, from now on.
  void set_optimizer_bytes(const Parameter& parameter, std::int64_t bytes);

  /// Ends the step and hands out the epoch's records by block path (a block's own nodes, without the blocks
  /// inside it); the next epoch begins. Quantities that were never measured are left out.
  std::vector<BlockProfileRecord> take_epoch();
  /// The same by node; to be called before take_epoch.
  std::vector<NodeProfile> nodes();
  /// Highest sum of bytes allocated within one step of this epoch.
  std::int64_t peak_bytes() const;

  void begin_step(const std::map<std::string, std::int64_t>& symbols) override;
  void holds(std::int64_t bytes) override;
  void begin_node(const Node& node) override;
  void end_node(const Node& node, std::span<const at::Tensor> inputs, std::span<const at::Tensor> outputs,
                bool records) override;
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
