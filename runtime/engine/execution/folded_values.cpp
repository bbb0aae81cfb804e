#include "runtime/engine/execution/folded_values.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/tensor_box.h"

namespace orrery {
namespace {

std::vector<at::Tensor> constants_of(Engine& engine, const std::vector<Step>& steps) {
  std::vector<at::Tensor> tensors;
  for (const Step& step : steps)
    if (step.node->constant()) tensors.push_back(engine.tensor(step.node->constant()));
  return tensors;
}

// Undefined where the layer has none.
at::Tensor tensor_of(Engine& engine, const Node& node, const char* slot) {
  const ParameterPtr parameter = node.layer()->parameter(slot);
  return parameter ? engine.tensor(parameter) : at::Tensor();
}

std::vector<at::Tensor> folded_weights(const at::Tensor& weight, const at::Tensor& bias,
                                       const at::Tensor& gamma, const at::Tensor& beta,
                                       const at::Tensor& mean, const at::Tensor& variance, double eps) {
  at::Tensor scale = (variance + eps).rsqrt();
  if (gamma.defined()) scale = scale * gamma;
  std::vector<std::int64_t> per_channel(static_cast<size_t>(weight.dim()), 1);
  per_channel[0] = -1;
  at::Tensor shift = (bias.defined() ? bias - mean : -mean) * scale;
  if (beta.defined()) shift = shift + beta;
  return {weight * scale.view(per_channel), shift};
}

// In place, so that its version tells of it.
void put_folded_weight(Parameter& parameter, at::Tensor made) {
  if (parameter.data && unboxed(parameter.data).device() == made.device())
    at::Tensor(unboxed(parameter.data)).copy_(made);
  else
    parameter.data = boxed(std::move(made));
}

}  // namespace

void TensorMarks::remember(const std::vector<at::Tensor>& tensors) {
  marks_.clear();
  for (const at::Tensor& tensor : tensors)
    marks_.push_back({tensor, tensor.defined() ? tensor.const_data_ptr() : nullptr,
                      tensor.defined() ? tensor._version() : 0});
}

bool TensorMarks::hold_for(const std::vector<at::Tensor>& tensors) const {
  return std::ranges::equal(marks_, tensors, [](const Mark& mark, const at::Tensor& tensor) {
    if (!tensor.defined() || !mark.tensor.defined()) return tensor.defined() == mark.tensor.defined();
    return mark.tensor.is_same(tensor) && mark.data == tensor.const_data_ptr() &&
           mark.version == tensor._version();
  });
}

const std::vector<at::Tensor>* FoldedConstants::find(Engine& engine, const Plan& plan) const {
  const bool lasting = std::ranges::none_of(plan.folded, [](const Step& step) {
    return step.node->constant() && step.node->constant()->trainable;
  });
  const bool holds = values_.size() == plan.folded_slots.size() && lasting && own_.hold_for(values_) &&
                     sources_.hold_for(constants_of(engine, plan.folded));
  return holds ? &values_ : nullptr;
}

const std::vector<at::Tensor>& FoldedConstants::keep(Engine& engine, const Plan& plan,
                                                     std::vector<at::Tensor> values) {
  sources_.remember(constants_of(engine, plan.folded));
  own_.remember(values);
  return values_ = std::move(values);
}

void FoldedBatchNorms::refresh(Engine& engine, const Step& step) {
  std::vector<at::Tensor> sources;
  for (const char* slot : {"weight", "bias"}) sources.push_back(tensor_of(engine, *step.node, slot));
  for (const char* slot : {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"})
    sources.push_back(tensor_of(engine, *step.batch_norm, slot));
  const auto [found, fresh] = entries_.try_emplace(step.batch_norm);
  Entry& entry = found->second;
  if (!fresh && step.weights[0]->data && entry.sources.hold_for(sources)) return;
  const c10::AutoGradMode off(false);
  std::vector<at::Tensor> made = folded_weights(sources[0], sources[1], sources[2], sources[3], sources[4],
                                                sources[5], step.batch_norm->attributes().real("eps"));
  for (size_t i = 0; i < made.size(); ++i) put_folded_weight(*step.weights[i], std::move(made[i]));
  entry.sources.remember(sources);
  entry.weights = step.weights;
}

void FoldedBatchNorms::forget(bool releases) {
  for (auto& [node, entry] : entries_)
    for (const ParameterPtr& weight : entry.weights)
      if (releases) weight->data.reset();
  entries_.clear();
}

}  // namespace orrery
