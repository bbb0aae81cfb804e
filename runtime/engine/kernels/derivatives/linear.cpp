#include "runtime/engine/kernels/derivatives/linear.h"

#include <ATen/ATen.h>

namespace orrery {
namespace {

at::Tensor rows_of(const at::Tensor& tensor) { return tensor.reshape({-1, tensor.size(-1)}); }

std::vector<at::Tensor> linear_backward(const DerivativeContext& d) {
  const LinearGradients of =
      linear_gradients(d.gradient(), d.call.input(), d.call.parameter("weight"),
                       {d.wants(0), d.wants_parameter("weight"), d.wants_parameter("bias")});
  return d.result({of.input}, {{"weight", of.weight}, {"bias", of.bias}});
}

std::vector<at::Tensor> bilinear_backward(const DerivativeContext& d) {
  const BilinearGradients of =
      bilinear_gradients(d.gradient(), d.call.input(0), d.call.input(1), d.call.parameter("weight"),
                         {d.wants(0), d.wants(1), d.wants_parameter("weight"), d.wants_parameter("bias")});
  return d.result({of.left, of.right}, {{"weight", of.weight}, {"bias", of.bias}});
}

std::vector<at::Tensor> identity_backward(const DerivativeContext& d) { return d.result({d.gradient()}); }

constexpr DerivativeEntry kLinearDerivatives[] = {{"Linear", linear_backward, {.inputs = 1}},
                                                  {"Bilinear", bilinear_backward, {.inputs = 3}},
                                                  {"Identity", identity_backward}};

}  // namespace

LinearGradients linear_gradients(const at::Tensor& gradient, const at::Tensor& input,
                                 const at::Tensor& weight, LinearWanted wanted) {
  const at::Tensor rows = rows_of(gradient);
  LinearGradients of;
  if (wanted.input) {
    std::vector<std::int64_t> sizes = gradient.sizes().vec();
    sizes.back() = weight.size(1);
    of.input = at::mm(rows, weight).view(sizes);
  }
  if (wanted.weight) of.weight = at::mm(rows.t(), rows_of(input));
  if (wanted.bias) of.bias = rows.sum(0);
  return of;
}

// out[n, o] = left[n, i] weight[o, i, j] right[n, j] + bias[o]
BilinearGradients bilinear_gradients(const at::Tensor& gradient, const at::Tensor& left,
                                     const at::Tensor& right, const at::Tensor& weight,
                                     BilinearWanted wanted) {
  const at::Tensor rows = rows_of(gradient), lefts = rows_of(left), rights = rows_of(right);
  const std::int64_t outer = weight.size(0), pairs = weight.size(1) * weight.size(2);
  BilinearGradients of;
  if (wanted.left || wanted.right) {
    const at::Tensor planes =
        at::mm(rows, weight.reshape({outer, pairs})).view({-1, weight.size(1), weight.size(2)});
    if (wanted.left) of.left = at::bmm(planes, rights.unsqueeze(2)).view(left.sizes());
    if (wanted.right) of.right = at::bmm(planes.mT(), lefts.unsqueeze(2)).view(right.sizes());
  }
  if (wanted.weight) {
    const at::Tensor products = at::bmm(lefts.unsqueeze(2), rights.unsqueeze(1)).view({-1, pairs});
    of.weight = at::mm(rows.t(), products).view(weight.sizes());
  }
  if (wanted.bias) of.bias = rows.sum(0);
  return of;
}

std::span<const DerivativeEntry> linear_derivatives() { return kLinearDerivatives; }

}  // namespace orrery
