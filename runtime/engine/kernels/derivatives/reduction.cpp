#include "runtime/engine/kernels/reduction.h"

#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivative.h"
#include "runtime/engine/kernels/derivatives/reductions.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

at::IntArrayRef reduced_dims(const KernelContext& k) {
  return k.attributes.has("dim") ? at::IntArrayRef(k.attributes.integers("dim")) : at::IntArrayRef();
}

at::Tensor with_own_dims(const DerivativeContext& d, const at::Tensor& reduced) {
  return with_reduced_dims(reduced, d.sizes(), reduced_dims(d.call));
}

std::int64_t reduced_count_of(const DerivativeContext& d) {
  return reduced_count(d.sizes(), reduced_dims(d.call));
}

// What was reduced to one number gets the same gradient everywhere.
at::Tensor spread_back(const DerivativeContext& d, const at::Tensor& reduced) {
  return with_own_dims(d, reduced).expand(d.sizes());
}

std::vector<at::Tensor> sum_backward(const DerivativeContext& d) {
  return d.result({d.for_input(0, spread_back(d, d.gradient()))});
}

std::vector<at::Tensor> mean_backward(const DerivativeContext& d) {
  return d.result({d.for_input(0, spread_back(d, d.gradient() / reduced_count_of(d)))});
}

std::vector<at::Tensor> nansum_backward(const DerivativeContext& d) {
  return d.result({d.for_input(0, spread_back(d, d.gradient())) * d.call.input().isnan().logical_not()});
}

std::vector<at::Tensor> nanmean_backward(const DerivativeContext& d) {
  const at::Tensor counts = d.call.input().isnan().logical_not();
  const at::Tensor shares =
      with_own_dims(d, d.gradient()) / counts.sum(reduced_dims(d.call), /*keepdim=*/true);
  return d.result({d.for_input(0, shares.to(d.call.input().scalar_type()) * counts)});
}

std::vector<at::Tensor> logsumexp_backward(const DerivativeContext& d) {
  const at::Tensor weights = (d.call.input() - with_own_dims(d, d.outputs[0])).exp();
  return d.result({d.for_input(0, with_own_dims(d, d.gradient()) * weights)});
}

// Autograd does not divide by the count alike everywhere when the correction takes all of it.
bool has_freedom(const KernelContext& k) {
  const auto count = static_cast<double>(reduced_count(k.input().sizes(), reduced_dims(k)));
  return count > variance_correction(k.attributes).toDouble();
}

at::Tensor of_variance(const DerivativeContext& d, const at::Tensor& gradient) {
  const at::Tensor& x = d.call.input();
  const double freedom =
      static_cast<double>(reduced_count_of(d)) - variance_correction(d.call.attributes).toDouble();
  const at::Tensor mean = x.mean(reduced_dims(d.call), /*keepdim=*/true);
  return (2.0 / freedom) * with_own_dims(d, gradient) * (x - mean);
}

at::Tensor of_deviation(const DerivativeContext& d, const at::Tensor& gradient) {
  const at::Tensor& deviation = d.outputs[0];
  return of_variance(d, (gradient / (deviation * 2)).masked_fill_(deviation == 0, 0));
}

// Together with the mean where the operation gives it, too.
template <auto OfSpread>
std::vector<at::Tensor> variance_backward(const DerivativeContext& d) {
  const bool of_mean = d.gradients.size() > 1 && d.gradient(1).defined();
  at::Tensor result;
  if (d.gradient().defined()) result = OfSpread(d, d.gradient());
  if (of_mean) {
    const at::Tensor shares = spread_back(d, d.gradient(1) / reduced_count_of(d));
    result = result.defined() ? result + shares : shares;
  }
  return d.result({result});
}

std::vector<at::Tensor> p_norm_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  const double p = a.is_text("p") ? 2.0 : a.real("p");
  return d.result(
      {d.for_input(0, vector_norm_gradient(with_own_dims(d, d.gradient()), d.call.input(),
                                           with_own_dims(d, d.outputs[0]), p, reduced_dims(d.call)))});
}

// Ties share the gradient evenly.
std::vector<at::Tensor> amax_backward(const DerivativeContext& d) {
  const at::Tensor is_extreme = with_own_dims(d, d.outputs[0]) == d.call.input();
  return d.result({(with_own_dims(d, d.gradient()) * is_extreme) /
                   is_extreme.sum(reduced_dims(d.call), /*keepdim=*/true)});
}

at::Tensor chosen_backward(const DerivativeContext& d, const at::Tensor& places) {
  const Attributes& a = d.call.attributes;
  return at::value_selecting_reduction_backward(d.gradient(), a.integer("dim"), places, d.sizes(),
                                                a.boolean("keepdim"));
}

bool compares_two(const KernelContext& k) { return k.inputs.size() > 1 && k.input(1).defined(); }

// The places along a dimension; both inputs; or, of all elements, those that are the result.
Kept extreme_keeping(const KernelContext& k) {
  Kept result{kernel_of(*k.descriptor)(k), {}};
  const at::Tensor &x = k.input(), &found = result.outputs[0];
  if (compares_two(k))
    result.kept = {x, k.input(1)};
  else if (k.attributes.has("dim"))
    result.kept = {result.outputs[1]};
  else
    result.kept = {(x == found).logical_or(x.isnan().logical_and(found.isnan()))};
  return result;
}

// Equal elements share the gradient evenly.
std::vector<at::Tensor> median_backward(const DerivativeContext& d) {
  const at::Tensor& kept = d.kept[0];
  if (d.call.attributes.has("dim")) return d.result({chosen_backward(d, kept)});
  return d.result({at::where(kept, d.gradient() / kept.sum(), 0)});
}

// Of two inputs, each where `Loses` does not say that the other is the result.
template <auto Loses>
std::vector<at::Tensor> extreme_backward(const DerivativeContext& d) {
  if (d.kept.size() == 1) return median_backward(d);
  const at::Tensor &x = d.kept[0], &other = d.kept[1];
  const at::Tensor shared = at::where(x == other, d.gradient() / 2, d.gradient());
  return d.result({d.for_input(0, shared.masked_fill(Loses(x, other), 0)),
                   d.for_input(1, shared.masked_fill(Loses(other, x), 0))});
}

std::vector<at::Tensor> mode_backward(const DerivativeContext& d) {
  return d.result({chosen_backward(d, d.outputs[1])});
}

// The exclusive products from both sides: right where there are zeros, too.
at::Tensor product_of_others(const at::Tensor& x, std::int64_t dim) {
  const std::int64_t rest = x.size(dim) - 1;
  const at::Tensor one = at::ones_like(x.narrow(dim, 0, 1));
  const at::Tensor before = at::cat({one, x.narrow(dim, 0, rest)}, dim).cumprod(dim);
  const at::Tensor after = at::cat({one, x.flip(dim).narrow(dim, 0, rest)}, dim).cumprod(dim).flip(dim);
  return before * after;
}

bool keeps_product_dtype(const KernelContext& k) {
  return !wanted_dtype(k.attributes) && k.input().numel() > 0;
}

std::vector<at::Tensor> prod_backward(const DerivativeContext& d) {
  const at::Tensor& x = d.call.input();
  const auto dim = optional_integer(d.call.attributes, "dim");
  if (!dim || x.dim() == 0)
    return d.result({d.gradient().reshape({}) * product_of_others(x.reshape(-1), 0).view(d.sizes())});
  return d.result({with_reduced_dims(d.gradient(), d.sizes(), *dim) * product_of_others(x, *dim)});
}

std::vector<at::Tensor> cumsum_backward(const DerivativeContext& d) {
  const at::Tensor g = d.for_input(0, d.gradient());
  const std::int64_t dim = d.call.attributes.integer("dim");
  return d.result({g.numel() > 1 ? g.flip(dim).cumsum(dim).flip(dim) : g});
}

std::vector<at::Tensor> cumprod_backward_rule(const DerivativeContext& d) {
  return d.result({at::cumprod_backward(d.for_input(0, d.gradient()), d.call.input(),
                                        d.call.attributes.integer("dim"), d.outputs[0])});
}

std::vector<at::Tensor> cummax_backward(const DerivativeContext& d) {
  const at::Tensor zeros = d.gradient().new_zeros(d.sizes());
  return d.result({zeros.scatter_add(d.call.attributes.integer("dim"), d.outputs[1], d.gradient())});
}

bool differs_alone(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return !k.input(1).defined() && !k.input(2).defined() && a.integer("n") < k.input().size(a.integer("dim"));
}

// The adjoint of a difference is the difference from zero to zero, with the other sign.
std::vector<at::Tensor> diff_backward(const DerivativeContext& d) {
  const std::int64_t n = d.call.attributes.integer("n"), dim = d.call.attributes.integer("dim");
  std::vector<std::int64_t> sizes = d.gradient().sizes().vec();
  sizes[static_cast<size_t>(dim < 0 ? dim + d.gradient().dim() : dim)] = n;
  const at::Tensor zeros = d.gradient().new_zeros(sizes);
  const at::Tensor differences = at::diff(d.gradient(), n, dim, zeros, zeros);
  return d.result({n % 2 == 0 ? differences : -differences});
}

namespace op = at::_ops;

constexpr Reads kReductionInput = {.inputs = 1};
constexpr Reads kReductionOutputs = {.outputs = true};
constexpr Reads kReductionBoth = {.inputs = 1, .outputs = true};

constexpr DerivativeEntry kReductionDerivatives[] = {
    {"sum", sum_backward},
    {"nansum", nansum_backward, kReductionInput},
    {"mean", mean_backward},
    {"nanmean", nanmean_backward, kReductionInput},
    {"prod", prod_backward, kReductionInput, nullptr, keeps_product_dtype},
    {"logsumexp", logsumexp_backward, kReductionBoth},
    {"var", variance_backward<of_variance>, kReductionInput, nullptr, has_freedom},
    {"std", variance_backward<of_deviation>, kReductionBoth, nullptr, has_freedom},
    {"var_mean", variance_backward<of_variance>, kReductionInput, nullptr, has_freedom},
    {"std_mean", variance_backward<of_deviation>, kReductionBoth, nullptr, has_freedom},
    {"norm", p_norm_backward, kReductionBoth},
    {"max", extreme_backward<op::lt_Tensor::call>, {}, extreme_keeping},
    {"min", extreme_backward<op::gt_Tensor::call>, {}, extreme_keeping},
    {"amax", amax_backward, kReductionBoth},
    {"amin", amax_backward, kReductionBoth},
    {"median", median_backward, {}, extreme_keeping},
    {"nanmedian", median_backward, {}, extreme_keeping},
    {"mode", mode_backward, kReductionOutputs},
    {"cumsum", cumsum_backward},
    {"cumprod", cumprod_backward_rule, kReductionBoth},
    {"cummax", cummax_backward, kReductionOutputs},
    {"cummin", cummax_backward, kReductionOutputs},
    {"diff", diff_backward, {}, nullptr, differs_alone},
};

}  // namespace

std::span<const DerivativeEntry> reduction_derivatives() { return kReductionDerivatives; }

}  // namespace orrery
