#include <algorithm>
#include <array>
#include <string_view>

#include "runtime/engine/execution/passes/passes.h"

namespace orrery {
namespace {

constexpr std::array<std::string_view, 4> kNormalized = {"Linear", "Conv1d", "Conv2d", "Conv3d"};
constexpr std::array<std::string_view, 4> kNormalizing = {"BatchNorm1d", "BatchNorm2d", "BatchNorm3d",
                                                          "SyncBatchNorm"};

// All tensors in one of the two precisions whose rounding nobody notices.
bool has_plain_tensors(const Node& node, DType dtype) {
  if (dtype != DType::float32 && dtype != DType::float64) return false;
  if (!node.layer() || !node.layer()->parametrizations().empty()) return false;
  return std::ranges::all_of(node.layer()->parameters(), [&](const ParameterPtr& parameter) {
    return parameter->dtype == dtype || !is_floating(parameter->dtype);
  });
}

// Whether channels are the second dimension of what the layer gives: there is a batch, and for Linear
// nothing else.
bool has_channels_second(const Node& node) {
  const Shape& weight = node.layer()->parameter("weight")->shape;
  return node.outputs()[0].shape.size() == weight.size();
}

bool takes_batch_norm(const Node& node) {
  return node.descriptor() && std::ranges::count(kNormalized, node.descriptor()->name) > 0 &&
         has_plain_tensors(node, node.outputs()[0].dtype) && has_channels_second(node);
}

bool is_folded_into(const Node& norm, const Node& layer) {
  return norm.descriptor() && std::ranges::count(kNormalizing, norm.descriptor()->name) > 0 &&
         has_plain_tensors(norm, layer.outputs()[0].dtype) && norm.layer()->parameter("running_mean");
}

ParameterPtr folded_weight(const char* slot, const ParameterPtr& like, const Shape& shape) {
  auto parameter = std::make_shared<Parameter>();
  parameter->name = slot;
  parameter->shape = shape;
  parameter->dtype = like->dtype;
  parameter->trainable = false;
  return parameter;
}

// The only step that reads a slot, and only once; null when there is another, or the slot is asked for.
Step* only_reader(Plan& plan, int slot) {
  Step* reader = nullptr;
  int times = static_cast<int>(std::ranges::count(plan.targets, slot));
  for (Step& step : plan.steps) {
    const auto reads = std::ranges::count(step.inputs, slot);
    if (reads > 0) reader = &step;
    times += static_cast<int>(reads);
  }
  return times == 1 ? reader : nullptr;
}

}  // namespace

std::vector<const Node*> fold_batch_norms(Plan& plan, const PassQuestion& question) {
  if (question.gradients || question.training || question.mixed || question.watched) return {};
  std::vector<const Node*> folded;
  for (Step& step : plan.steps) {
    if (step.batch_norm || !step.kernel || !takes_batch_norm(*step.node)) continue;
    const Step* reader = only_reader(plan, step.outputs);
    if (!reader || !is_folded_into(*reader->node, *step.node)) continue;
    if (question.placement.of(*reader->node) != question.placement.of(*step.node)) continue;
    step.batch_norm = reader->node;
    step.outputs = reader->outputs;
    const ParameterPtr weight = step.node->layer()->parameter("weight");
    step.weights = {folded_weight("weight", weight, weight->shape),
                    folded_weight("bias", weight, {weight->shape[0]})};
    folded.push_back(reader->node);
    for (const Node* node : {step.node, reader->node}) plan.plain_layers.push_back(node->layer().get());
  }
  std::erase_if(plan.steps, [&](const Step& step) {
    return !step.batch_norm && std::ranges::count(folded, step.node) > 0;
  });
  return folded;
}

}  // namespace orrery
