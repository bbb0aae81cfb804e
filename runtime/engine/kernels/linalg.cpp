#include <ATen/ATen.h>
#include <fmt/format.h>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

Outputs inv(const KernelContext& k) { return {at::linalg_inv(k.input())}; }
Outputs det(const KernelContext& k) { return {at::linalg_det(k.input())}; }
Outputs matrix_exp(const KernelContext& k) { return {at::linalg_matrix_exp(k.input())}; }

Outputs slogdet(const KernelContext& k) {
  const auto [sign, logarithm] = at::linalg_slogdet(k.input());
  return {sign, logarithm};
}

Outputs cholesky(const KernelContext& k) {
  return {at::linalg_cholesky(k.input(), k.attributes.boolean("upper"))};
}

Outputs qr(const KernelContext& k) {
  const auto [q, r] = at::linalg_qr(k.input(), k.attributes.text("mode"));
  return {q, r};
}

Outputs svd(const KernelContext& k) {
  const auto [u, s, vh] = at::linalg_svd(k.input(), k.attributes.boolean("full_matrices"));
  return {u, s, vh};
}

Outputs svdvals(const KernelContext& k) { return {at::linalg_svdvals(k.input())}; }

Outputs eigh(const KernelContext& k) {
  const auto [values, vectors] = at::linalg_eigh(k.input(), k.attributes.text("UPLO"));
  return {values, vectors};
}

Outputs eigvalsh(const KernelContext& k) {
  return {at::linalg_eigvalsh(k.input(), k.attributes.text("UPLO"))};
}

// LibTorch 2.11 asks this of linalg.eig alone, and MKL writes where it must not for other matrices.
Outputs eigvals(const KernelContext& k) {
  TORCH_CHECK(k.input().isfinite().all().item<bool>(), "the matrix holds NaN or infinity");
  return {at::linalg_eigvals(k.input())};
}

Outputs eig(const KernelContext& k) {
  const auto [values, vectors] = at::linalg_eig(k.input());
  return {values, vectors};
}

Outputs lu(const KernelContext& k) {
  const auto [p, l, u] = at::linalg_lu(k.input(), k.attributes.boolean("pivot"));
  return {p, l, u};
}

Outputs lu_factor(const KernelContext& k) {
  const auto [factors, pivots] = at::linalg_lu_factor(k.input(), k.attributes.boolean("pivot"));
  return {factors, pivots};
}

// LAPACK exchanges whatever rows it is told, those outside of the matrix too.
void expect_rows(const at::Tensor& pivots, std::int64_t rows) {
  if (pivots.numel() == 0) return;
  const auto [least, most] = pivots.aminmax();
  if (least.item<std::int64_t>() < 1 || most.item<std::int64_t>() > rows)
    throw RuleBroken{"option-mismatch", 1, fmt::format("pivots between 1 and {}", rows),
                     fmt::format("{} to {}", least.item<std::int64_t>(), most.item<std::int64_t>()), ""};
}

Outputs lu_solve(const KernelContext& k) {
  const Attributes& a = k.attributes;
  TORCH_CHECK(k.input(0).dim() >= 2, "lu_solve: LU must be matrices");
  expect_rows(k.input(1), k.input(0).size(-1));
  return {at::linalg_lu_solve(k.input(0), k.input(1), k.input(2), a.boolean("left"), a.boolean("adjoint"))};
}

Outputs solve(const KernelContext& k) {
  return {at::linalg_solve(k.input(0), k.input(1), k.attributes.boolean("left"))};
}

Outputs solve_triangular(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::linalg_solve_triangular(k.input(0), k.input(1), a.boolean("upper"), a.boolean("left"),
                                      a.boolean("unitriangular"))};
}

std::optional<double> tolerance(const KernelContext& k, const char* name) {
  return k.attributes.has(name) ? std::optional(k.attributes.real(name)) : std::nullopt;
}

Outputs lstsq(const KernelContext& k) {
  return {std::get<0>(at::linalg_lstsq(k.input(0), k.input(1), tolerance(k, "rcond")))};
}

Outputs pinv(const KernelContext& k) {
  return {at::linalg_pinv(k.input(), tolerance(k, "atol"), tolerance(k, "rtol"),
                          k.attributes.boolean("hermitian"))};
}

Outputs matrix_rank(const KernelContext& k) {
  return {at::linalg_matrix_rank(k.input(), tolerance(k, "atol"), tolerance(k, "rtol"),
                                 k.attributes.boolean("hermitian"))};
}

Outputs multi_dot(const KernelContext& k) { return {at::linalg_multi_dot(all_inputs(k))}; }

at::OptionalIntArrayRef dims(const KernelContext& k) {
  if (!k.attributes.has("dim")) return std::nullopt;
  return at::IntArrayRef(k.attributes.integers("dim"));
}

bool keepdim(const KernelContext& k) { return k.attributes.boolean("keepdim"); }

Outputs norm(const KernelContext& k) {
  const Attributes& a = k.attributes;
  const auto dtype = wanted_dtype(a);
  if (!a.has("ord")) return {at::linalg_norm(k.input(), std::nullopt, dims(k), keepdim(k), dtype)};
  if (a.is_text("ord")) return {at::linalg_norm(k.input(), a.text("ord"), dims(k), keepdim(k), dtype)};
  return {at::linalg_norm(k.input(), number(a, "ord"), dims(k), keepdim(k), dtype)};
}

Outputs vector_norm(const KernelContext& k) {
  return {at::linalg_vector_norm(k.input(), number(k.attributes, "ord"), dims(k), keepdim(k),
                                 wanted_dtype(k.attributes))};
}

Outputs matrix_norm(const KernelContext& k) {
  const Attributes& a = k.attributes;
  const at::IntArrayRef dim = a.integers("dim");
  if (a.is_text("ord"))
    return {at::linalg_matrix_norm(k.input(), a.text("ord"), dim, keepdim(k), wanted_dtype(a))};
  return {at::linalg_matrix_norm(k.input(), number(a, "ord"), dim, keepdim(k), wanted_dtype(a))};
}

constexpr KernelEntry kLinalgKernels[] = {
    {"linalg_inv", inv},
    {"linalg_det", det},
    {"linalg_matrix_exp", matrix_exp},
    {"linalg_slogdet", slogdet},
    {"linalg_cholesky", cholesky},
    {"linalg_qr", qr},
    {"linalg_svd", svd},
    {"linalg_svdvals", svdvals},
    {"linalg_eigh", eigh},
    {"linalg_eigvalsh", eigvalsh},
    {"linalg_eigvals", eigvals},
    {"linalg_eig", eig},
    {"linalg_lu", lu},
    {"linalg_lu_factor", lu_factor},
    {"linalg_lu_solve", lu_solve},
    {"linalg_solve", solve},
    {"linalg_solve_triangular", solve_triangular},
    {"linalg_lstsq", lstsq},
    {"linalg_pinv", pinv},
    {"linalg_matrix_rank", matrix_rank},
    {"linalg_multi_dot", multi_dot},
    {"linalg_norm", norm},
    {"linalg_vector_norm", vector_norm},
    {"linalg_matrix_norm", matrix_norm},
};

}  // namespace

std::span<const KernelEntry> linalg_kernels() { return kLinalgKernels; }

}  // namespace orrery
