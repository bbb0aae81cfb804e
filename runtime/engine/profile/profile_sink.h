#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/profile/node_clock.h"
#include "runtime/graph/node.h"

namespace orrery {

/// Is told by the executor what happens, on the thread that calls the executor. A step begins with a forward
/// pass and lasts until the next one begins. What a sink does not override it does not care for.
class ProfileSink {
 public:
  virtual ~ProfileSink() = default;

  /// `way`: steps of the same symbols and the same number are computed in the same way, by the same plan for
  /// the same optimizers, which train the same tensors.
  virtual void begin_step(const std::map<std::string, std::int64_t>& /*symbols*/, std::uint64_t /*way*/) {}
  /// Whether tensors are looked at in this step: where not, they may be left out of what is told of a node.
  virtual bool wants_tensors() const { return false; }
  /// Where of the pass that goes on only the nodes' times are wanted: who takes them. A segment may then tell
  /// it which of its nodes begin, and the sink of none of them nor of updates that they make themselves.
  virtual NodeClock* clock() { return nullptr; }
  /// The pass over memory that computes the second node computes the first one, too, forward and backward.
  /// Told before the forward pass comes to them, in a step in which tensors are looked at.
  virtual void fused(const Node&, const Node&) {}
  /// Memory that the plan of this step holds from its beginning to its end, beside what is allocated in it.
  virtual void holds(std::int64_t /*bytes*/) {}
  virtual void begin_node(const Node& /*node*/) {}
  /// `records`: autograd recorded the node, so that a backward pass may follow.
  virtual void end_node(const Node& /*node*/, std::span<const at::Tensor> /*inputs*/,
                        std::span<const at::Tensor> /*outputs*/, bool /*records*/) {}
  /// Nodes are computed side by side, forward or backward, before they are told of: the time until the next
  /// call is nobody's.
  virtual void begin_side_by_side() {}
  /// The node that was told of last was one of them: it took so many seconds, on whatever thread.
  virtual void took(double /*seconds*/) {}
  virtual void end_forward() {}

  virtual void begin_backward() {}
  /// The derivative of a node that was not recorded comes next, from these gradients of its outputs, of which
  /// some may be undefined.
  virtual void gradients_arrive(const Node& /*node*/, std::span<const at::Tensor> /*gradients*/) {}
  /// The parameter is updated next, within the backward pass; its gradient does not come to `end_backward`.
  virtual void gradient_complete(const Parameter& /*parameter*/, const at::Tensor& /*gradient*/) {}
  /// The same around a node that is computed again (`Block::recomputes`), in the time of the backward pass;
  /// its results are those of before.
  virtual void begin_again(const Node& /*node*/) {}
  virtual void end_again(const Node& /*node*/, std::span<const at::Tensor> /*inputs*/,
                         std::span<const at::Tensor> /*outputs*/, bool /*records*/) {}
  /// The gradients of the demanded parameters, beside each other; undefined ones are possible.
  virtual void end_backward(std::span<const ParameterPtr> /*parameters*/,
                            std::span<const at::Tensor> /*gradients*/) {}

  /// The step failed or was stopped: whatever was noted of it is forgotten.
  virtual void abandon_step() {}
};

}  // namespace orrery
