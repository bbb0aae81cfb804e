#include "runtime/engine/kernels/matrix_products.h"

#include <ATen/ATen.h>
#include <c10/core/WrapDimMinimal.h>

#include "runtime/engine/kernels/derivative.h"
#include "runtime/engine/kernels/derivatives/einsum.h"
#include "runtime/engine/kernels/derivatives/linear.h"
#include "runtime/engine/kernels/derivatives/matrix.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

std::vector<at::Tensor> outer_backward(const DerivativeContext& d) {
  at::Tensor of_left, of_right;
  if (d.wants(0)) of_left = at::mv(d.gradient(), d.call.input(1));
  if (d.wants(1)) of_right = at::mv(d.gradient().t(), d.call.input(0));
  return d.result({of_left, of_right});
}

at::Tensor scaled_by_option(const DerivativeContext& d, const char* name) {
  const at::Scalar factor = number(d.call.attributes, name);
  return factor.equal(1) ? d.gradient() : d.gradient() * factor;
}

// beta * input + alpha * left @ right
std::vector<at::Tensor> added_product_backward(const DerivativeContext& d) {
  const auto [of_left, of_right] = matmul_gradients(scaled_by_option(d, "alpha"), d.call.input(1),
                                                    d.call.input(2), d.wants(1), d.wants(2));
  return d.result({d.for_input(0, scaled_by_option(d, "beta")), of_left, of_right});
}

// beta * input + alpha * the sum of the batches' products
std::vector<at::Tensor> addbmm_backward(const DerivativeContext& d) {
  const at::Tensor &left = d.call.input(1), &right = d.call.input(2);
  const at::Tensor of_each = scaled_by_option(d, "alpha").expand({left.size(0), left.size(1), right.size(2)});
  const auto [of_left, of_right] = matmul_gradients(of_each, left, right, d.wants(1), d.wants(2));
  return d.result({d.for_input(0, scaled_by_option(d, "beta")), of_left, of_right});
}

std::vector<at::Tensor> addr_backward(const DerivativeContext& d) {
  const at::Tensor of_product = scaled_by_option(d, "alpha");
  at::Tensor of_left, of_right;
  if (d.wants(1)) of_left = at::mv(of_product, d.call.input(2));
  if (d.wants(2)) of_right = at::mv(of_product.t(), d.call.input(1));
  return d.result({d.for_input(0, scaled_by_option(d, "beta")), of_left, of_right});
}

std::vector<at::Tensor> cross_backward(const DerivativeContext& d) {
  const std::int64_t dim = d.call.attributes.integer("dim");
  at::Tensor of_left, of_right;
  if (d.wants(0)) of_left = d.for_input(0, at::linalg_cross(d.call.input(1), d.gradient(), dim));
  if (d.wants(1)) of_right = d.for_input(1, at::linalg_cross(d.gradient(), d.call.input(0), dim));
  return d.result({of_left, of_right});
}

std::vector<at::Tensor> trace_backward(const DerivativeContext& d) {
  return d.result({at::eye(d.sizes()[0], d.sizes()[1], d.inputs[0].options) * d.gradient()});
}

std::vector<at::Tensor> linear_call_backward(const DerivativeContext& d) {
  const LinearGradients of =
      linear_gradients(d.gradient(), d.call.input(0), d.call.input(1), {d.wants(0), d.wants(1), d.wants(2)});
  return d.result({of.input, of.weight, of.bias});
}

bool has_matrix_of_weights(const KernelContext& k) { return k.input(1).dim() == 2; }

std::vector<at::Tensor> bilinear_call_backward(const DerivativeContext& d) {
  const BilinearGradients of =
      bilinear_gradients(d.gradient(), d.call.input(0), d.call.input(1), d.call.input(2),
                         {d.wants(0), d.wants(1), d.wants(2), d.wants(3)});
  return d.result({of.left, of.right, of.weight, of.bias});
}

EinsumTerms einsum_terms(const KernelContext& k) { return terms_of_equation(k.attributes.text("equation")); }

bool covers_einsum(const KernelContext& k) { return covers_terms(einsum_terms(k), k.inputs); }

std::vector<at::Tensor> einsum_backward(const DerivativeContext& d) {
  return terms_gradients(d, einsum_terms(d.call));
}

// The last axis of both is summed over.
EinsumTerms inner_terms(const KernelContext& k) {
  EinsumTerms terms = {{"", ""}, ""};
  char next = 'a';
  for (size_t i = 0; i < 2; ++i)
    for (std::int64_t axis = 1; axis < k.input(i).dim(); ++axis) terms.inputs[i] += next++;
  terms.output = terms.inputs[0] + terms.inputs[1];
  for (std::string& term : terms.inputs) term += next;
  return terms;
}

bool covers_inner(const KernelContext& k) { return covers_terms(inner_terms(k), k.inputs); }

std::vector<at::Tensor> inner_backward(const DerivativeContext& d) {
  return terms_gradients(d, inner_terms(d.call));
}

// What is summed over has the same letter in both.
EinsumTerms tensordot_terms(const KernelContext& k) {
  const auto [left, right] = contracted_axes(k);
  EinsumTerms terms = {{std::string(static_cast<size_t>(k.input(0).dim()), ' '),
                        std::string(static_cast<size_t>(k.input(1).dim()), ' ')},
                       ""};
  char next = 'a';
  for (size_t i = 0; i < left.size(); ++i, ++next) {
    terms.inputs[0][c10::maybe_wrap_dim(left[i], k.input(0).dim())] = next;
    terms.inputs[1][c10::maybe_wrap_dim(right[i], k.input(1).dim())] = next;
  }
  for (std::string& term : terms.inputs)
    for (char& letter : term)
      if (letter == ' ') terms.output += letter = next++;
  return terms;
}

bool covers_tensordot(const KernelContext& k) { return covers_terms(tensordot_terms(k), k.inputs); }

std::vector<at::Tensor> tensordot_backward(const DerivativeContext& d) {
  return terms_gradients(d, tensordot_terms(d.call));
}

// ab, bc, cd… to ad
EinsumTerms chain_terms(size_t matrices) {
  EinsumTerms terms;
  for (size_t i = 0; i < matrices; ++i) {
    const char row = static_cast<char>('a' + i);
    terms.inputs.push_back({row, static_cast<char>(row + 1)});
  }
  terms.output = {'a', terms.inputs.back()[1]};
  return terms;
}

bool covers_chain(const KernelContext& k) {
  return k.inputs.size() < 25 && covers_terms(chain_terms(k.inputs.size()), k.inputs);
}

std::vector<at::Tensor> chain_backward(const DerivativeContext& d) {
  return terms_gradients(d, chain_terms(d.call.inputs.size()));
}

constexpr DerivativeEntry kMatrixProductsDerivatives[] = {
    {"mm", matmul_backward, {.inputs = 3}},
    {"mv", matmul_backward, {.inputs = 3}},
    {"bmm", matmul_backward, {.inputs = 3}},
    {"dot", matmul_backward, {.inputs = 3}},
    {"vdot", matmul_backward, {.inputs = 3}},
    {"outer", outer_backward, {.inputs = 3}},
    {"ger", outer_backward, {.inputs = 3}},
    {"inner", inner_backward, {.inputs = 3}, nullptr, covers_inner},
    {"addmm", added_product_backward, {.inputs = 6}},
    {"addmv", added_product_backward, {.inputs = 6}},
    {"baddbmm", added_product_backward, {.inputs = 6}},
    {"addbmm", addbmm_backward, {.inputs = 6}},
    {"addr", addr_backward, {.inputs = 6}},
    {"cross", cross_backward, {.inputs = 3}},
    {"tensordot", tensordot_backward, {.inputs = 3}, nullptr, covers_tensordot},
    {"chain_matmul", chain_backward, {.inputs = kAllInputs}, nullptr, covers_chain},
    {"trace", trace_backward},
    {"linear", linear_call_backward, {.inputs = 3}, nullptr, has_matrix_of_weights},
    {"bilinear", bilinear_call_backward, {.inputs = 7}},
    {"einsum", einsum_backward, {.inputs = kAllInputs}, nullptr, covers_einsum},
};

}  // namespace

std::span<const DerivativeEntry> matrix_product_derivatives() { return kMatrixProductsDerivatives; }

}  // namespace orrery
