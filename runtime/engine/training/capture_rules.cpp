#include "runtime/engine/training/capture_rules.h"

#include "runtime/engine/device.h"
#include "runtime/graph/block.h"
#include "runtime/graph/devices.h"

namespace orrery {
namespace {

std::string option_against_capture(const Manager& manager) {
  const Attributes& options = manager.options();
  if (!options.is_text("cuda_graphs") && !options.boolean("cuda_graphs"))
    return "cuda_graphs = false was asked for";
  if (options.boolean("detect_nan")) return "detect_nan looks at every value";
  if (options.text("precision") == "16-mixed")
    return "16-mixed decides after each backward pass whether the update is left out";
  if (options.integer("accumulate_grad_batches") > 1)
    return "accumulate_grad_batches does something else with each batch";
  if (manager.group("gradient_noise")) return "gradient_noise draws from a generator of its own";
  if (manager.group("log_gradients")) return "log_gradients looks at gradients";
  for (const auto& optimizer : manager.parts().optimizers)
    if (optimizer->optimizer().evaluates) return optimizer->kind() + " compares losses within a step";
  return {};
}

std::string node_against_capture(const Node& node) {
  const auto words = [&](const char* why) {
    return fmt::format("{} ({}) {}", node.path(), node.operation(), why);
  };
  if (node.state()) return words("is carried from step to step");
  if (node.descriptor() && node.descriptor()->own) return words("is not one of Orrery's own operations");
  if (recomputed_block(node)) return words("is computed again in the backward pass");
  return {};
}

std::string graph_against_capture(const Graph& graph, const at::Device& device) {
  std::vector<const Node*> nodes;
  for (const auto& node : graph.nodes()) {
    if (const std::string why = node_against_capture(*node); !why.empty()) return why;
    nodes.push_back(node.get());
  }
  const Node* input = graph.input_node();
  if (input && !input->trained_fields().empty()) return "the input itself is trained";
  for (const auto& [node, asked] : asked_devices(nodes))
    if (device_from_name(asked.device) != device) return "blocks lie on several devices";
  return {};
}

}  // namespace

std::string why_not_captured(const Graph& graph, const Manager& manager, const at::Device& device,
                             const TrainingEvents* events) {
  if (std::string why = option_against_capture(manager); !why.empty()) return why;
  if (events && events->wants_parts_of_steps()) return "a callback is told of the parts of a step";
  return graph_against_capture(graph, device);
}

bool insists_on_capture(const Manager& manager) {
  const Attributes& options = manager.options();
  return !options.is_text("cuda_graphs") && options.boolean("cuda_graphs");
}

void refuse_capture(const Graph& graph, const Manager& manager, const std::string& why) {
  throw Error(Fault::usage,
              fmt::format("cuda_graphs = true cannot capture the steps of graph '{}': {}", graph.name(), why),
              manager.origin().site, "With cuda_graphs = \"auto\" steps are captured wherever they can be.");
}

}  // namespace orrery
