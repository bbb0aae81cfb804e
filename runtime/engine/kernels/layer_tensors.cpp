#include "runtime/engine/kernels/layer_tensors.h"

#include <algorithm>

#include "runtime/core/error.h"
#include "runtime/engine/kernels/parametrization.h"

namespace orrery {

std::vector<at::Tensor> leaves_of(Engine& engine, const std::vector<ParameterPtr>& parameters) {
  std::vector<at::Tensor> leaves;
  leaves.reserve(parameters.size());
  for (const ParameterPtr& parameter : parameters) leaves.push_back(engine.tensor(parameter));
  return leaves;
}

std::vector<at::Tensor> layer_tensors(Engine& engine, const Layer& layer, bool training) {
  if (layer.parametrizations().empty()) return leaves_of(engine, layer.parameters());
  std::vector<at::Tensor> tensors;
  tensors.reserve(layer.read_slots().size());
  for (const std::string& slot : layer.read_slots()) {
    const ParameterPtr plain = layer.parameter(slot);
    tensors.push_back(plain ? engine.tensor(plain) : parametrized_tensor(engine, layer, slot, training));
  }
  return tensors;
}

at::Tensor parametrized_tensor(Engine& engine, const Layer& layer, const std::string& slot, bool training) {
  const auto& all = layer.parametrizations();
  const auto found = std::ranges::find(all, slot, &Parametrization::slot);
  invariant(found != all.end(), "a slot that is not parametrized");
  const Engine::Turn turn(engine);
  std::vector<at::Tensor> parts;
  for (const ParameterPtr& part : found->parts) parts.push_back(engine.tensor(part));
  return compute_parametrization(*found, parts, training);
}

}  // namespace orrery
