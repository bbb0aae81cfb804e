#include <ATen/ATen.h>

#include "runtime/engine/kernels/operands.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

std::optional<double> optional_real(const Attributes& a, const char* name) {
  return a.has(name) ? std::optional(a.real(name)) : std::nullopt;
}

Outputs round(const KernelContext& k) {
  const std::int64_t decimals = k.attributes.integer("decimals");
  return {decimals == 0 ? at::round(k.input()) : at::round(k.input(), decimals)};
}

Outputs logit(const KernelContext& k) { return {at::logit(k.input(), optional_real(k.attributes, "eps"))}; }

Outputs nan_to_num(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::nan_to_num(k.input(), a.real("nan"), optional_real(a, "posinf"), optional_real(a, "neginf"))};
}

Outputs where(const KernelContext& k) {
  return {at::where(k.input(), operand(k, 1, "input"), operand(k, 2, "other"))};
}

Outputs masked_fill(const KernelContext& k) {
  if (k.input(2).defined()) return {at::masked_fill(k.input(), k.input(1), k.input(2))};
  return {at::masked_fill(k.input(), k.input(1), number(k.attributes, "value"))};
}

std::optional<at::Scalar> bound(const KernelContext& k, const char* name) {
  return k.attributes.has(name) ? std::optional(number(k.attributes, name)) : std::nullopt;
}

std::optional<at::Tensor> bound_tensor(const KernelContext& k, size_t port, const char* name) {
  const at::Tensor found = operand(k, port, name);
  return found.defined() ? std::optional(found) : std::nullopt;
}

Outputs clamp(const KernelContext& k) {
  if (k.input(1).defined() || k.input(2).defined())
    return {at::clamp(k.input(), bound_tensor(k, 1, "min"), bound_tensor(k, 2, "max"))};
  return {at::clamp(k.input(), bound(k, "min"), bound(k, "max"))};
}

Outputs clamp_min(const KernelContext& k) {
  if (k.input(1).defined()) return {at::clamp_min(k.input(), k.input(1))};
  return {at::clamp_min(k.input(), number(k.attributes, "min"))};
}

Outputs clamp_max(const KernelContext& k) {
  if (k.input(1).defined()) return {at::clamp_max(k.input(), k.input(1))};
  return {at::clamp_max(k.input(), number(k.attributes, "max"))};
}

namespace op = at::_ops;

constexpr KernelEntry kElementwiseKernels[] = {
    {"neg", of_one<op::neg::call>},
    {"positive", of_one<op::positive::call>},
    {"abs", of_one<op::abs::call>},
    {"absolute", of_one<op::abs::call>},
    {"sign", of_one<op::sign::call>},
    {"sgn", of_one<op::sgn::call>},
    {"reciprocal", of_one<op::reciprocal::call>},
    {"square", of_one<op::square::call>},
    {"floor", of_one<op::floor::call>},
    {"ceil", of_one<op::ceil::call>},
    {"trunc", of_one<op::trunc::call>},
    {"frac", of_one<op::frac::call>},
    {"sqrt", of_one<op::sqrt::call>},
    {"rsqrt", of_one<op::rsqrt::call>},
    {"exp", of_one<op::exp::call>},
    {"exp2", of_one<op::exp2::call>},
    {"expm1", of_one<op::expm1::call>},
    {"log", of_one<op::log::call>},
    {"log2", of_one<op::log2::call>},
    {"log10", of_one<op::log10::call>},
    {"log1p", of_one<op::log1p::call>},
    {"sin", of_one<op::sin::call>},
    {"cos", of_one<op::cos::call>},
    {"tan", of_one<op::tan::call>},
    {"asin", of_one<op::asin::call>},
    {"acos", of_one<op::acos::call>},
    {"atan", of_one<op::atan::call>},
    {"sinh", of_one<op::sinh::call>},
    {"cosh", of_one<op::cosh::call>},
    {"asinh", of_one<op::asinh::call>},
    {"acosh", of_one<op::acosh::call>},
    {"atanh", of_one<op::atanh::call>},
    {"sinc", of_one<op::sinc::call>},
    {"deg2rad", of_one<op::deg2rad::call>},
    {"rad2deg", of_one<op::rad2deg::call>},
    {"erf", of_one<op::erf::call>},
    {"erfc", of_one<op::erfc::call>},
    {"erfinv", of_one<op::erfinv::call>},
    {"lgamma", of_one<op::lgamma::call>},
    {"digamma", of_one<op::digamma::call>},
    {"round", round},
    {"logit", logit},
    {"nan_to_num", nan_to_num},
    {"bitwise_not", of_one<op::bitwise_not::call>},
    {"where", where},
    {"masked_fill", masked_fill},
    {"clamp", clamp},
    {"clamp_min", clamp_min},
    {"clamp_max", clamp_max},
    {"real", of_one<op::real::call>},
    {"imag", of_one<op::imag::call>},
    {"conj", of_one<op::conj::call>},
    {"angle", of_one<op::angle::call>},
    {"view_as_real", of_one<op::view_as_real::call>},
    {"view_as_complex", of_one<op::view_as_complex::call>},
    {"complex", of_two<op::complex::call>},
    {"polar", of_two<op::polar::call>},
};

}  // namespace

std::span<const KernelEntry> elementwise_kernels() { return kElementwiseKernels; }

}  // namespace orrery
