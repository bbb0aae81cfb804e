#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/engine.h"
#include "runtime/graph/layer.h"

namespace orrery {

/// The eager side: computes a stateless operation on tensors at once, recorded by autograd when gradients
/// are on. Inputs as for `Graph::apply`: undefined tensors stand for optional ports, or for `number` ports
/// whose number is among the attributes. The descriptor's shape rule runs first, so that what does not fit
/// is said in the same words as in a graph (Fault::check); whatever LibTorch refuses beyond it becomes an
/// `Error` (Fault::run, Fault::memory). `device` is where an operation without inputs makes its result.
std::vector<at::Tensor> compute(Engine& engine, const Descriptor& transform, const Attributes& attributes,
                                const std::vector<at::Tensor>& inputs, bool training = false,
                                at::Device device = at::kCPU);

/// The same for a layer with its own parameters; `at_call` replaces options of the layer this time.
std::vector<at::Tensor> compute(Engine& engine, const Layer& layer, const std::vector<at::Tensor>& inputs,
                                bool training = false, const Attributes& at_call = {});

/// Stops (Fault::usage) unless every input that an operation needs is there: kernels do not ask.
void require_inputs(const Descriptor& descriptor, const std::vector<at::Tensor>& inputs);

/// Lets the first inputs of a layer tell the options that were left out; nothing for a complete layer.
void complete(Layer& layer, const std::vector<at::Tensor>& inputs);

}  // namespace orrery
