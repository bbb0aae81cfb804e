#include "runtime/engine/kernels/matrix_products.h"

#include <ATen/ATen.h>

#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

Outputs mm(const KernelContext& k) { return {at::mm(k.input(0), k.input(1))}; }
Outputs mv(const KernelContext& k) { return {at::mv(k.input(0), k.input(1))}; }
Outputs bmm(const KernelContext& k) { return {at::bmm(k.input(0), k.input(1))}; }
Outputs dot(const KernelContext& k) { return {at::dot(k.input(0), k.input(1))}; }
Outputs vdot(const KernelContext& k) { return {at::vdot(k.input(0), k.input(1))}; }
Outputs outer(const KernelContext& k) { return {at::outer(k.input(0), k.input(1))}; }
Outputs inner(const KernelContext& k) { return {at::inner(k.input(0), k.input(1))}; }
Outputs kron(const KernelContext& k) { return {at::kron(k.input(0), k.input(1))}; }

at::Scalar beta(const KernelContext& k) { return number(k.attributes, "beta"); }
at::Scalar alpha(const KernelContext& k) { return number(k.attributes, "alpha"); }

Outputs addmm(const KernelContext& k) {
  return {at::addmm(k.input(0), k.input(1), k.input(2), beta(k), alpha(k))};
}
Outputs addmv(const KernelContext& k) {
  return {at::addmv(k.input(0), k.input(1), k.input(2), beta(k), alpha(k))};
}
Outputs baddbmm(const KernelContext& k) {
  return {at::baddbmm(k.input(0), k.input(1), k.input(2), beta(k), alpha(k))};
}
Outputs addbmm(const KernelContext& k) {
  return {at::addbmm(k.input(0), k.input(1), k.input(2), beta(k), alpha(k))};
}
Outputs addr(const KernelContext& k) {
  return {at::addr(k.input(0), k.input(1), k.input(2), beta(k), alpha(k))};
}

Outputs cross(const KernelContext& k) {
  return {at::linalg_cross(k.input(0), k.input(1), k.attributes.integer("dim"))};
}

Outputs tensordot(const KernelContext& k) {
  const auto [left, right] = contracted_axes(k);
  return {at::tensordot(k.input(0), k.input(1), left, right)};
}

Outputs chain_matmul(const KernelContext& k) { return {at::chain_matmul(all_inputs(k))}; }
// LibTorch's derivative of `trace` itself is wrong for matrices with more rows than columns.
Outputs trace(const KernelContext& k) {
  const at::Tensor& x = k.input();
  const bool tall = x.dim() == 2 && x.size(0) > x.size(1);
  return {tall && x.requires_grad() ? x.diagonal().sum() : at::trace(x)};
}
Outputs matrix_power(const KernelContext& k) {
  return {at::matrix_power(k.input(), k.attributes.integer("n"))};
}
Outputs linear_function(const KernelContext& k) { return {at::linear(k.input(0), k.input(1), k.input(2))}; }
Outputs bilinear_function(const KernelContext& k) {
  return {at::bilinear(k.input(0), k.input(1), k.input(2), k.input(3))};
}
Outputs einsum(const KernelContext& k) { return {at::einsum(k.attributes.text("equation"), all_inputs(k))}; }

constexpr KernelEntry kMatrixProductsKernels[] = {
    {"mm", mm},
    {"mv", mv},
    {"bmm", bmm},
    {"dot", dot},
    {"vdot", vdot},
    {"outer", outer},
    {"inner", inner},
    {"kron", kron},
    {"ger", outer},
    {"addmm", addmm},
    {"addmv", addmv},
    {"baddbmm", baddbmm},
    {"addbmm", addbmm},
    {"addr", addr},
    {"cross", cross},
    {"tensordot", tensordot},
    {"chain_matmul", chain_matmul},
    {"trace", trace},
    {"matrix_power", matrix_power},
    {"linear", linear_function},
    {"bilinear", bilinear_function},
    {"einsum", einsum},
};

}  // namespace

std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>> contracted_axes(const KernelContext& k) {
  const Attributes& a = k.attributes;
  if (a.has("dims_self")) return {a.integers("dims_self"), a.integers("dims_other")};
  std::vector<std::int64_t> left, right;
  for (std::int64_t i = 0; i < a.integer("dims"); ++i) {
    left.push_back(k.input(0).dim() - a.integer("dims") + i);
    right.push_back(i);
  }
  return {left, right};
}

std::span<const KernelEntry> matrix_product_kernels() { return kMatrixProductsKernels; }

}  // namespace orrery
