#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivatives/views.h"

namespace orrery {
namespace {

std::vector<at::Tensor> tril_backward(const DerivativeContext& d) {
  return d.result({d.gradient().tril(d.call.attributes.integer("diagonal"))});
}

std::vector<at::Tensor> triu_backward(const DerivativeContext& d) {
  return d.result({d.gradient().triu(d.call.attributes.integer("diagonal"))});
}

// A matrix of a vector, or the other way round.
std::vector<at::Tensor> diag_backward(const DerivativeContext& d) {
  const std::int64_t offset = d.call.attributes.integer("diagonal");
  if (d.sizes().size() == 1) return d.result({d.gradient().diagonal(offset)});
  return d.result({at::diagonal_backward(d.gradient(), d.sizes(), offset, 0, 1)});
}

std::vector<at::Tensor> diagflat_backward(const DerivativeContext& d) {
  return d.result({d.gradient().diagonal(d.call.attributes.integer("offset")).reshape(d.sizes())});
}

std::vector<at::Tensor> diag_embed_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  return d.result({d.gradient().diagonal(a.integer("offset"), a.integer("dim1"), a.integer("dim2"))});
}

constexpr DerivativeEntry kShapeDiagonalsDerivatives[] = {
    {"tril", tril_backward},         {"triu", triu_backward},        {"diag", diag_backward},
    {"diagflat", diagflat_backward}, {"diagonal", placed_gradients}, {"diag_embed", diag_embed_backward},
};

}  // namespace

std::span<const DerivativeEntry> shape_diagonal_derivatives() { return kShapeDiagonalsDerivatives; }

}  // namespace orrery
