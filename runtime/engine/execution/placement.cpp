#include "runtime/engine/execution/placement.h"

#include <utility>

#include <ATen/ATen.h>

#include "runtime/engine/device.h"
#include "runtime/graph/block.h"

namespace orrery {
namespace {

const Block* placed_block(const Node& node) {
  const Block* block = &node.block();
  while (block && block->device().empty()) block = block->parent();
  return block;
}

at::Device device_of(const Block& block) {
  try {
    return device_from_name(block.device());
  } catch (const Error& error) {
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

}  // namespace

Placement::Placement(const std::vector<const Node*>& nodes, const at::Device& device) : device_(device) {
  Places places;
  for (const Node* node : nodes) {
    if (const Block* block = placed_block(*node)) {
      const at::Device place = device_of(*block);
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
  return device != "cpu" || any_on_cuda(graph.root());
}

}  // namespace orrery
