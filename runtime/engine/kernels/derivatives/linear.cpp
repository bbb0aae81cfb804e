#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivative.h"

namespace orrery {
namespace {

at::Tensor rows_of(const at::Tensor& tensor) { return tensor.reshape({-1, tensor.size(-1)}); }

std::vector<at::Tensor> linear_backward(const DerivativeContext& d) {
  const at::Tensor rows = rows_of(d.gradient());
  const at::Tensor& weight = d.call.parameter("weight");
  at::Tensor of_input, of_weight, of_bias;
  if (d.wants(0)) of_input = at::mm(rows, weight).view(d.sizes());
  if (d.wants_parameter("weight")) of_weight = at::mm(rows.t(), rows_of(d.call.input()));
  if (d.wants_parameter("bias")) of_bias = rows.sum(0);
  return d.result({of_input}, {{"weight", of_weight}, {"bias", of_bias}});
}

std::vector<at::Tensor> identity_backward(const DerivativeContext& d) { return d.result({d.gradient()}); }

constexpr DerivativeEntry kLinearDerivatives[] = {{"Linear", linear_backward, {.inputs = 1}},
                                                  {"Identity", identity_backward}};

}  // namespace

std::span<const DerivativeEntry> linear_derivatives() { return kLinearDerivatives; }

}  // namespace orrery
