// torch/nn/utils/parametrizations.py, operation by operation.
#include "runtime/engine/kernels/parametrization.h"

#include <limits>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

using Parts = std::vector<at::Tensor>;

at::Tensor weight_norm(const Attributes& options, const Parts& parts, bool) {
  return at::_weight_norm(parts[1], parts[0], options.integer("dim"));
}

void start_weight_norm(const Attributes& options, const Parts& parts) {
  at::Tensor(parts[0]).copy_(at::norm_except_dim(parts[1], 2, options.integer("dim")));
}

at::Tensor normalized(const at::Tensor& vector, double eps) {
  return vector / vector.norm(2, {0}, true).clamp_min(eps);
}

at::Tensor as_matrix(const at::Tensor& weight, std::int64_t dim) { return weight.movedim(dim, 0).flatten(1); }

void iterate(const at::Tensor& matrix, const Parts& parts, std::int64_t times, double eps) {
  const c10::NoGradGuard no_grad;
  at::Tensor u = parts[1], v = parts[2];
  for (std::int64_t i = 0; i < times; ++i) {
    u.copy_(normalized(at::mv(matrix, v), eps));
    v.copy_(normalized(at::mv(matrix.t(), u), eps));
  }
}

// The vectors are copied: a second forward pass may change them before the first one's backward.
at::Tensor spectral_norm(const Attributes& options, const Parts& parts, bool training) {
  const double eps = options.real("eps");
  const at::Tensor& weight = parts[0];
  if (weight.dim() == 1) return normalized(weight, eps);
  const at::Tensor matrix = as_matrix(weight, options.integer("dim"));
  if (training) iterate(matrix, parts, options.integer("n_power_iterations"), eps);
  return weight / at::vdot(parts[1].clone(), at::mv(matrix, parts[2].clone()));
}

// 15 iterations to begin with; PyTorch computes the weight once more when it registers the rule.
void start_spectral_norm(const Attributes& options, const Parts& parts) {
  if (parts[0].dim() == 1) return;
  const double eps = options.real("eps");
  at::Tensor u = parts[1], v = parts[2];
  u.normal_(0, 1);
  v.normal_(0, 1);
  u.copy_(normalized(u, eps));
  v.copy_(normalized(v, eps));
  iterate(as_matrix(parts[0], options.integer("dim")), parts, 15 + options.integer("n_power_iterations"),
          eps);
}

// exp(A), or (I + A/2) / (I - A/2), of a matrix A that is the negative of its own transpose.
at::Tensor of_skew(at::Tensor x, bool exponential) {
  const std::int64_t n = x.size(-2), k = x.size(-1);
  x = x.tril();
  if (n != k) {
    std::vector<std::int64_t> missing = x.sizes().vec();
    missing.back() = n - k;
    x = at::cat({x, at::zeros(missing, x.options())}, -1);
  }
  const at::Tensor skew = x - x.mT();
  if (exponential) return at::matrix_exp(skew).narrow(-1, 0, k);
  const at::Tensor one = at::eye(n, x.options());
  return at::linalg_solve(at::add(one, skew, -0.5), at::add(one, skew, 0.5)).narrow(-1, 0, k);
}

at::Tensor of_reflections(const at::Tensor& x) {
  const at::Tensor below = x.tril(-1);
  const at::Tensor tau = 2.0 / (1.0 + (below * below).sum(-2));
  return at::linalg_householder_product(below, tau) * x.diagonal(0, -2, -1).to(at::kInt).unsqueeze(-2);
}

at::Tensor orthogonal(const Attributes& options, const Parts& parts, bool) {
  const std::string& map = options.text("orthogonal_map");
  const bool wide = parts[0].size(-2) < parts[0].size(-1);
  const at::Tensor tall = wide ? parts[0].mT() : parts[0];
  at::Tensor q = map == "householder" ? of_reflections(tall) : of_skew(tall, map == "matrix_exp");
  if (parts.size() > 1) q = at::matmul(parts[1], q);
  return wide ? q.mT() : q;
}

bool is_orthogonal(const at::Tensor& q) {
  const at::Tensor one = at::eye(q.size(-1), q.options());
  const double epsilon = q.scalar_type() == at::kDouble ? std::numeric_limits<double>::epsilon()
                                                        : std::numeric_limits<float>::epsilon();
  return at::allclose(at::matmul(q.mT(), q), one, 1e-5, 10.0 * static_cast<double>(q.size(-2)) * epsilon);
}

at::Tensor made_orthogonal(const at::Tensor& matrix) {
  const auto [x, tau] = at::geqrf(matrix);
  return at::linalg_householder_product(x, tau).mul_(x.diagonal(0, -2, -1).sgn().unsqueeze(-2));
}

at::Tensor base_of(const at::Tensor& tall) {
  const std::int64_t n = tall.size(-2), k = tall.size(-1);
  if (n == k) return is_orthogonal(tall) ? tall.clone() : made_orthogonal(tall);
  std::vector<std::int64_t> missing = tall.sizes().vec();
  missing.back() = n - k;
  return made_orthogonal(at::cat({tall, at::randn(missing, tall.options())}, -1));
}

void start_orthogonal(const Attributes&, const Parts& parts) {
  at::Tensor own = parts[0];
  const bool wide = own.size(-2) < own.size(-1);
  const at::Tensor tall = wide ? own.mT() : own;
  if (parts.size() > 1) {
    at::Tensor(parts[1]).copy_(base_of(tall));
    own.zero_().diagonal(0, -2, -1).fill_(-1.0);
    return;
  }
  const auto [reflections, tau] = at::geqrf(tall);
  at::Tensor diagonal = reflections.diagonal(0, -2, -1);
  diagonal.sign_();
  diagonal.mul_(at::where(tau == 0.0, -1.0, 1.0).to(diagonal.scalar_type()));
  own.copy_(wide ? reflections.mT() : reflections);
}

struct Entry {
  const char* kind;
  at::Tensor (*compute)(const Attributes&, const Parts&, bool training);
  void (*start)(const Attributes&, const Parts&);
};

constexpr Entry kEntries[] = {{"weight_norm", weight_norm, start_weight_norm},
                              {"spectral_norm", spectral_norm, start_spectral_norm},
                              {"orthogonal", orthogonal, start_orthogonal}};

const Entry& entry_of(const Parametrization& parametrization) {
  for (const Entry& entry : kEntries)
    if (parametrization.kind->name == entry.kind) return entry;
  throw InvariantFailure("no kernel for " + parametrization.kind->name, std::source_location::current());
}

}  // namespace

at::Tensor compute_parametrization(const Parametrization& parametrization, const Parts& parts,
                                   bool training) {
  return entry_of(parametrization).compute(parametrization.attributes, parts, training);
}

void start_parametrization(const Parametrization& parametrization, const Parts& parts) {
  entry_of(parametrization).start(parametrization.attributes, parts);
}

}  // namespace orrery
