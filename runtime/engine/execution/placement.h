#pragma once

#include <unordered_map>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/graph/graph.h"

namespace orrery {

/// Where the nodes of a graph compute: where `asked_devices` says, else on the run's device. A value that a
/// node on another device reads is copied there, and its gradient back. Value type.
class Placement {
 public:
  /// Everything on one device.
  explicit Placement(const at::Device& device) : device_(device) {}
  /// Fails when a device that was asked for is not there (Fault::usage), and when a parameter is read on two
  /// devices (Fault::check).
  Placement(const std::vector<const Node*>& nodes, const at::Device& device);

  const at::Device& of(const Node& node) const;
  /// Whether everything computes on the run's device.
  bool single() const { return placed_.empty(); }
  /// What a node reads, where it computes; undefined tensors stay so.
  std::vector<at::Tensor> beside(const Node& node, std::vector<at::Tensor> tensors) const;
  /// Values that leave the graph lie on the run's device.
  void gather(std::vector<at::Tensor>& tensors) const;

 private:
  at::Device device_;
  std::unordered_map<const Node*, at::Device> placed_;  ///< those that do not compute on the run's device
};

/// Whether the run's device, a block's or a value's (`to`) asks for CUDA, so that its library is opened.
bool wants_cuda(const Graph& graph, const std::string& device);

}  // namespace orrery
