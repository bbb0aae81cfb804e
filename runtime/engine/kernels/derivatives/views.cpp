#include "runtime/engine/kernels/derivatives/views.h"

#include <array>

#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {
namespace {

// The operation's views of another tensor in the first input's place.
std::vector<at::Tensor> views_of(const KernelContext& k, const at::Tensor& tensor) {
  const std::array inputs = {tensor};
  KernelContext of_tensor = k;
  of_tensor.inputs = inputs;
  return kernel_of(*k.descriptor)(of_tensor);
}

const at::Tensor& any_gradient(const DerivativeContext& d) {
  for (const at::Tensor& gradient : d.gradients)
    if (gradient.defined()) return gradient;
  return d.gradient();
}

}  // namespace

std::vector<at::Tensor> fitted_gradient(const DerivativeContext& d) {
  if (!d.wants(0)) return d.result({});
  return d.result({d.for_input(0, d.gradient().to(d.inputs[0].options.device()))});
}

std::vector<at::Tensor> reshaped_gradient(const DerivativeContext& d) {
  return d.result({d.gradient().reshape(d.sizes())});
}

std::vector<at::Tensor> placed_gradients(const DerivativeContext& d) {
  const at::Tensor placed = any_gradient(d).new_zeros(d.sizes());
  const std::vector<at::Tensor> places = views_of(d.call, placed);
  if (places.size() == 1)
    places[0].copy_(d.gradient());
  else
    for (size_t i = 0; i < places.size(); ++i)
      if (d.gradients[i].defined()) places[i].add_(d.gradients[i]);
  return d.result({placed});
}

}  // namespace orrery
