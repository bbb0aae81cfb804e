#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivative.h"

namespace orrery {
namespace {

std::vector<at::Tensor> unfold_layer_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  return d.result({at::col2im(d.gradient(), d.sizes().slice(d.sizes().size() - 2), a.integers("kernel_size"),
                              a.integers("dilation"), a.integers("padding"), a.integers("stride"))});
}

std::vector<at::Tensor> fold_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  return d.result({at::im2col(d.gradient(), a.integers("kernel_size"), a.integers("dilation"),
                              a.integers("padding"), a.integers("stride"))});
}

std::vector<at::Tensor> windows_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  return d.result({at::unfold_backward(d.gradient(), d.sizes(), a.integer("dimension"), a.integer("size"),
                                       a.integer("step"))});
}

constexpr DerivativeEntry kFoldsDerivatives[] = {{"Unfold", unfold_layer_backward},
                                                 {"Fold", fold_backward},
                                                 {"fold", fold_backward},
                                                 {"unfold", windows_backward}};

}  // namespace

std::span<const DerivativeEntry> fold_derivatives() { return kFoldsDerivatives; }

}  // namespace orrery
