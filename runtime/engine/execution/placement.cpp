#include "runtime/engine/execution/placement.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>

#include "runtime/engine/device.h"
#include "runtime/graph/block.h"
#include "runtime/graph/devices.h"

namespace orrery {
namespace {

at::Device device_of(const Node& node, const AskedDevice& asked) {
  try {
    return device_from_name(asked.device);
  } catch (const Error& error) {
    if (asked.by)
      throw Error(error.fault(),
                  fmt::format("{} ({}): {}", asked.by->path(), asked.by->operation(), error.message()),
                  asked.by->origin().site, error.remedy());
    const Block& block = *placed_block(node);
    const std::string placed = block.parent() ? "block " + block.path() : "the graph";
    throw Error(error.fault(), placed + ": " + error.message(), block.origin().site, error.remedy());
  }
}

// Where each parameter lies.
using Places = std::unordered_map<const Parameter*, at::Device>;

void check_parameters(const Node& node, const at::Device& here, Places& places) {
  if (!node.layer()) return;
  for (const ParameterPtr& parameter : node.layer()->parameters()) {
    const auto [first, fresh] = places.try_emplace(parameter.get(), here);
    if (fresh || first->second == here) continue;
    throw Error(Fault::check,
                fmt::format("{} ({}) computes on {} with {}, which lies on {}", node.path(), node.operation(),
                            here.str(), parameter->name, first->second.str()),
                node.origin().site, "Place the blocks that share a layer or a parameter on one device.");
  }
}

bool any_on_cuda(const Block& block) {
  if (block.device().starts_with("cuda")) return true;
  for (const auto& child : block.children())
    if (any_on_cuda(*child)) return true;
  return false;
}

bool any_moved_to_cuda(const Graph& graph) {
  return std::ranges::any_of(graph.nodes(),
                             [](const auto& node) { return device_of_move(*node).starts_with("cuda"); });
}

}  // namespace

Placement::Placement(const std::vector<const Node*>& nodes, const at::Device& device) : device_(device) {
  Places places;
  const auto asked = asked_devices(nodes);
  for (const Node* node : nodes) {
    if (const auto found = asked.find(node); found != asked.end()) {
      const at::Device place = device_of(*node, found->second);
      if (place != device_) placed_.emplace(node, place);
    }
    check_parameters(*node, of(*node), places);
  }
}

const at::Device& Placement::of(const Node& node) const {
  const auto found = placed_.find(&node);
  return found == placed_.end() ? device_ : found->second;
}

std::vector<at::Tensor> Placement::beside(const Node& node, std::vector<at::Tensor> tensors) const {
  if (placed_.empty()) return tensors;
  for (at::Tensor& tensor : tensors)
    if (tensor.defined()) tensor = tensor.to(of(node));
  return tensors;
}

void Placement::gather(std::vector<at::Tensor>& tensors) const {
  if (placed_.empty()) return;
  for (at::Tensor& tensor : tensors)
    if (tensor.defined()) tensor = tensor.to(device_);
}

bool wants_cuda(const Graph& graph, const std::string& device) {
  return device != "cpu" || any_on_cuda(graph.root()) || any_moved_to_cuda(graph);
}

}  // namespace orrery
