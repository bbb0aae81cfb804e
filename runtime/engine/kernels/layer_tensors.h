#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/engine.h"
#include "runtime/graph/layer.h"

namespace orrery {

/// The tensors of parameters, as they are kept.
std::vector<at::Tensor> leaves_of(Engine& engine, const std::vector<ParameterPtr>& parameters);

/// What a layer's kernel reads, in the order of `layer.read_slots()`: its parameters and buffers, and those
/// tensors that parametrizations compute (here, recorded by autograd when gradients are on).
std::vector<at::Tensor> layer_tensors(Engine& engine, const Layer& layer, bool training);

/// The tensor of one parametrized slot. REQUIRES: the layer has a parametrization of it.
at::Tensor parametrized_tensor(Engine& engine, const Layer& layer, const std::string& slot, bool training);

}  // namespace orrery
