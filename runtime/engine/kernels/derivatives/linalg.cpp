#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivative.h"
#include "runtime/engine/kernels/derivatives/reductions.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

std::vector<at::Tensor> inv_backward(const DerivativeContext& d) {
  const at::Tensor transposed = d.outputs[0].mT();
  return d.result({-at::matmul(transposed, at::matmul(d.gradient(), transposed))});
}

at::IntArrayRef norm_dims(const KernelContext& k) {
  return k.attributes.has("dim") ? at::IntArrayRef(k.attributes.integers("dim")) : at::IntArrayRef();
}

// The Frobenius norm is the 2-norm of all elements.
bool is_frobenius(const KernelContext& k) {
  return k.attributes.is_text("ord") && k.attributes.text("ord") == "fro";
}

// Without a dimension a number means the norm of a vector or of a matrix, as the input is.
bool is_vector_norm(const KernelContext& k) {
  if (!k.attributes.has("ord") || is_frobenius(k)) return true;
  const size_t dims = k.attributes.has("dim") ? norm_dims(k).size() : static_cast<size_t>(k.input().dim());
  return !k.attributes.is_text("ord") && dims == 1;
}

std::vector<at::Tensor> linalg_norm_backward(const DerivativeContext& d) {
  const at::IntArrayRef dims = norm_dims(d.call);
  const bool counts = d.call.attributes.has("ord") && !is_frobenius(d.call);
  const double p = counts ? d.call.attributes.real("ord") : 2.0;
  const auto with_dims_kept = [&](const at::Tensor& t) { return with_reduced_dims(t, d.sizes(), dims); };
  return d.result({d.for_input(0, vector_norm_gradient(with_dims_kept(d.gradient()), d.call.input(),
                                                       with_dims_kept(d.outputs[0]), p, dims))});
}

constexpr Reads kNormAndInput = {.inputs = 1, .outputs = true};

constexpr DerivativeEntry kLinalgDerivatives[] = {
    {"linalg_inv", inv_backward, {.outputs = true}},
    {"linalg_norm", linalg_norm_backward, kNormAndInput, nullptr, is_vector_norm},
    {"linalg_vector_norm", linalg_norm_backward, kNormAndInput},
    {"linalg_matrix_norm", linalg_norm_backward, kNormAndInput, nullptr, is_frobenius},
};

}  // namespace

std::span<const DerivativeEntry> linalg_derivatives() { return kLinalgDerivatives; }

}  // namespace orrery
