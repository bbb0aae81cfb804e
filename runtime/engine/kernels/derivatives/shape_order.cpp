#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivatives/views.h"

namespace orrery {
namespace {

std::vector<at::Tensor> swapaxes_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  return d.result({d.gradient().transpose(a.integer("axis0"), a.integer("axis1"))});
}

std::vector<at::Tensor> swapdims_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  return d.result({d.gradient().transpose(a.integer("dim0"), a.integer("dim1"))});
}

std::vector<at::Tensor> t_backward(const DerivativeContext& d) { return d.result({d.gradient().t()}); }

std::vector<at::Tensor> adjoint_backward(const DerivativeContext& d) { return d.result({d.gradient().mT()}); }

std::vector<at::Tensor> movedim_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  return d.result({d.gradient().movedim(a.integers("destination"), a.integers("source"))});
}

constexpr DerivativeEntry kShapeOrderDerivatives[] = {
    {"swapaxes", swapaxes_backward}, {"swapdims", swapdims_backward},   {"t", t_backward},
    {"adjoint", adjoint_backward},   {"movedim", movedim_backward},     {"moveaxis", movedim_backward},
    {"ravel", reshaped_gradient},    {"contiguous", fitted_gradient},   {"clone", fitted_gradient},
    {"view_as", reshaped_gradient},  {"reshape_as", reshaped_gradient}, {"type_as", fitted_gradient},
    {"float", fitted_gradient},      {"double", fitted_gradient},       {"half", fitted_gradient},
    {"bfloat16", fitted_gradient},
};

}  // namespace

std::span<const DerivativeEntry> shape_order_derivatives() { return kShapeOrderDerivatives; }

}  // namespace orrery
