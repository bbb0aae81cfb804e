#include "runtime/engine/kernels/reduction.h"

#include <numeric>

#include <ATen/ATen.h>

#include "runtime/engine/kernels/operands.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {

at::Scalar variance_correction(const Attributes& a) {
  if (a.has("correction")) return number(a, "correction");
  if (a.has("unbiased")) return a.boolean("unbiased") ? 1 : 0;
  return 1;
}

namespace {

at::OptionalIntArrayRef dims(const Attributes& a) {
  if (!a.has("dim")) return std::nullopt;
  return at::IntArrayRef(a.integers("dim"));
}

at::IntArrayRef listed(const Attributes& a) {
  return a.has("dim") ? at::IntArrayRef(a.integers("dim")) : at::IntArrayRef();
}

bool keep(const KernelContext& k) { return k.attributes.boolean("keepdim"); }

template <auto Function>
Outputs over_dims(const KernelContext& k) {
  return {Function(k.input(), dims(k.attributes), keep(k), wanted_dtype(k.attributes))};
}

template <auto Function>
Outputs over_list(const KernelContext& k) {
  return {Function(k.input(), listed(k.attributes), keep(k))};
}

// No dimension, and an empty list of them, mean all, which LibTorch wants named.
template <auto Function>
Outputs over_named(const KernelContext& k) {
  const at::IntArrayRef some = listed(k.attributes);
  std::vector<std::int64_t> all(static_cast<size_t>(k.input().dim()));
  std::iota(all.begin(), all.end(), 0);
  return {Function(k.input(), some.empty() ? at::IntArrayRef(all) : some, keep(k))};
}

Outputs prod(const KernelContext& k) {
  const Attributes& a = k.attributes;
  const auto dtype = wanted_dtype(a);
  if (a.has("dim")) return {at::prod(k.input(), a.integer("dim"), keep(k), dtype)};
  return {at::prod(k.input(), dtype)};
}

// LibTorch's derivative of a variance over an empty list of dimensions, which means all, divides by a wrong
// number; that over none is right.
at::OptionalIntArrayRef some_dims(const Attributes& a) {
  const at::OptionalIntArrayRef given = dims(a);
  return given && given->empty() ? at::OptionalIntArrayRef() : given;
}

Outputs var(const KernelContext& k) {
  return {at::var(k.input(), some_dims(k.attributes), variance_correction(k.attributes), keep(k))};
}

Outputs std(const KernelContext& k) {
  return {at::std(k.input(), some_dims(k.attributes), variance_correction(k.attributes), keep(k))};
}

template <class Pair>
Outputs both(Pair&& pair) {
  return {std::get<0>(pair), std::get<1>(pair)};
}

Outputs var_mean(const KernelContext& k) {
  return both(at::var_mean(k.input(), some_dims(k.attributes), variance_correction(k.attributes), keep(k)));
}

Outputs std_mean(const KernelContext& k) {
  return both(at::std_mean(k.input(), some_dims(k.attributes), variance_correction(k.attributes), keep(k)));
}

Outputs norm(const KernelContext& k) {
  const Attributes& a = k.attributes;
  const at::Scalar p = a.is_text("p") ? 2.0 : a.real("p");
  return {at::linalg_vector_norm(k.input(), p, dims(a), keep(k), wanted_dtype(a))};
}

Outputs count_nonzero(const KernelContext& k) { return {at::count_nonzero(k.input(), listed(k.attributes))}; }

// Of all elements, of two inputs, or along a dimension.
template <auto All, auto Other, auto Along>
Outputs extreme(const KernelContext& k) {
  if (k.input(1).defined()) return {Other(k.input(), k.input(1))};
  if (!k.attributes.has("dim")) return {All(k.input())};
  return both(Along(k.input(), k.attributes.integer("dim"), keep(k)));
}

template <auto All, auto Along>
Outputs median(const KernelContext& k) {
  if (!k.attributes.has("dim")) return {All(k.input())};
  return both(Along(k.input(), k.attributes.integer("dim"), keep(k)));
}

Outputs mode(const KernelContext& k) {
  return both(at::mode(k.input(), k.attributes.integer("dim"), keep(k)));
}

Outputs aminmax(const KernelContext& k) {
  return both(at::aminmax(k.input(), optional_integer(k.attributes, "dim"), keep(k)));
}

template <auto Function>
Outputs place(const KernelContext& k) {
  return {Function(k.input(), optional_integer(k.attributes, "dim"), keep(k))};
}

Outputs quantile(const KernelContext& k) {
  const Attributes& a = k.attributes;
  const auto dim = optional_integer(a, "dim");
  const std::string& between = a.text("interpolation");
  if (k.input(1).defined()) return {at::quantile(k.input(), k.input(1), dim, keep(k), between)};
  return {at::quantile(k.input(), a.real("q"), dim, keep(k), between)};
}

template <auto Function>
Outputs scan(const KernelContext& k) {
  return {Function(k.input(), k.attributes.integer("dim"), wanted_dtype(k.attributes))};
}

template <auto Function>
Outputs running(const KernelContext& k) {
  return both(Function(k.input(), k.attributes.integer("dim")));
}

Outputs logcumsumexp(const KernelContext& k) {
  return {at::logcumsumexp(k.input(), k.attributes.integer("dim"))};
}

std::optional<at::Tensor> given(const at::Tensor& tensor) {
  return tensor.defined() ? std::optional(tensor) : std::nullopt;
}

Outputs diff(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::diff(k.input(), a.integer("n"), a.integer("dim"), given(k.input(1)), given(k.input(2)))};
}

namespace op = at::_ops;

constexpr KernelEntry kReductionKernels[] = {
    {"sum", over_dims<op::sum_dim_IntList::call>},
    {"nansum", over_dims<op::nansum::call>},
    {"mean", over_dims<op::mean_dim::call>},
    {"nanmean", over_dims<op::nanmean::call>},
    {"prod", prod},
    {"logsumexp", over_named<op::logsumexp::call>},
    {"var", var},
    {"std", std},
    {"var_mean", var_mean},
    {"std_mean", std_mean},
    {"norm", norm},
    {"any", over_named<op::any_dims::call>},
    {"all", over_named<op::all_dims::call>},
    {"count_nonzero", count_nonzero},
    {"max", extreme<op::max::call, op::max_other::call, op::max_dim::call>},
    {"min", extreme<op::min::call, op::min_other::call, op::min_dim::call>},
    {"amax", over_list<op::amax::call>},
    {"amin", over_list<op::amin::call>},
    {"aminmax", aminmax},
    {"argmax", place<op::argmax::call>},
    {"argmin", place<op::argmin::call>},
    {"median", median<op::median::call, op::median_dim::call>},
    {"nanmedian", median<op::nanmedian::call, op::nanmedian_dim::call>},
    {"mode", mode},
    {"quantile", quantile},
    {"cumsum", scan<op::cumsum::call>},
    {"cumprod", scan<op::cumprod::call>},
    {"logcumsumexp", logcumsumexp},
    {"cummax", running<op::cummax::call>},
    {"cummin", running<op::cummin::call>},
    {"diff", diff},
};

}  // namespace

std::span<const KernelEntry> reduction_kernels() { return kReductionKernels; }

}  // namespace orrery
